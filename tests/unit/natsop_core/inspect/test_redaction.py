"""What `natsop report` writes: nothing of it is secret, whatever people have put where."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natsop_core.conf import Block, parse, write
from natsop_core.inspect.bundle import bundle
from natsop_core.inspect.redact_conf import LEFT_OUT, redacted_conf
from natsop_core.inspect.redact_object import redacted, secrets_of
from natsop_core.inspect.redact_text import MASK, without_credentials
from natsop_core.kinds import SECRETS
from tests.property.trees import keys, mutated_texts, plain_trees, texts, unhurried
from tests.unit.natsop_core.inspect.answers import SPEC, TARGET, World, ask, jsz, resource, stream
from tests.unit.natsop_core.world import cluster, live_children

SECRET = "hunter2-and-more"  # noqa: S105
NUMBER = "271828182845"
SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5In0.eyJqdGkiOiJTVU0ifQ.c2lnbmF0dXJl"

secret_keys = st.sampled_from(
    [
        "password",
        "pass",
        "PASSWORD",
        "token",
        "Token",
        "seed",
        "nkey",
        "jwt",
        "operator",
        "encryption_key",
        "key",
        "my_pw",
    ]
)
secrets = st.one_of(
    st.from_regex(r"zq[a-z0-9]{6,12}qz", fullmatch=True),
    st.integers(10**11, 10**12).map(lambda number: number),
)


@st.composite
def conf_with_a_secret(draw: st.DrawFn) -> tuple[str, str]:
    """A configuration in which somebody has put a secret somewhere, and that secret."""
    secret = draw(secrets)
    tree: Any = Block((draw(secret_keys), secret))
    for _ in range(draw(st.integers(0, 4))):
        wrapped: Any = [tree] if draw(st.booleans()) else tree
        around = draw(plain_trees)
        tree = Block(*around.entries, (draw(keys), wrapped))
    return write(tree), str(secret)


@unhurried
@given(conf_with_a_secret())
def test_no_secret_of_a_configuration_gets_through_wherever_it_stands(given_: tuple[str, str]) -> None:
    text, secret = given_
    assert secret not in redacted_conf(text)


@unhurried
@given(st.one_of(texts, mutated_texts, plain_trees.map(write)))
def test_what_is_written_is_a_configuration_or_a_note_that_there_is_none(text: str) -> None:
    shown = redacted_conf(text)
    assert shown == LEFT_OUT or parse(shown) is not None


@unhurried
@given(secrets, st.sampled_from(["PW", "name", "host", "x"]))
def test_a_variable_that_is_used_as_a_password_is_masked(secret: object, name: str) -> None:
    text = f"{name} = {json.dumps(secret)}\nauthorization {{ user: u, password: ${name} }}\n"
    assert str(secret) not in redacted_conf(text)


@unhurried
@given(st.text(st.sampled_from("ab1,'\"}]/:@ <>"), max_size=4), st.sampled_from(["url", "urls", "routes", "resolver"]))
def test_a_password_in_a_url_is_masked_whatever_is_in_it(odd: str, key: str) -> None:
    url = f"nats://orders:{odd}{SECRET}{odd}@host:7422"
    assert SECRET not in redacted_conf(write(Block((key, [url]))))
    assert SECRET not in json.dumps(redacted({"spec": {key: url}}))


@pytest.mark.parametrize(
    "text",
    [
        f"authorization: {{ user: a, password: {SECRET} }}",
        f"leafnodes {{ remotes: [{{ url: 'nats-leaf://u:{SECRET}/x@host:7422' }}] }}",
        f"cluster {{ routes: ['nats-route://u:{SECRET}@host:6222'] }}",
        f"accounts {{ A {{ users: [{{ user: b, pass: '{SECRET}' }}] }} }}",
        f"operator: '{JWT}'\nresolver_preload: {{ A: '{JWT}' }}",
        f"jetstream {{ store_dir: /data, key: '{SECRET}' }}",
        f"# the password is {SECRET}\nport: 4222",
        f"port: 4222\nsomething_new: '{SECRET}'",
        f"tls {{ cert_match: '{SECRET}' }}",
        f"resolver_preload {{ A: {{ name: '{SECRET}' }} }}",
        f"AUTHORIZATION {{ PASSWORD: {NUMBER} }}",
    ],
)
def test_what_a_configuration_has_to_hide_is_hidden(text: str) -> None:
    shown = redacted_conf(text)
    assert not [secret for secret in (SECRET, JWT, NUMBER) if secret in shown]


def test_what_helps_is_shown() -> None:
    text = (
        "server_name: c-0\njetstream { store_dir: /data, max_file_store: 10 }\ncluster { routes: ['nats://c-1:6222'] }"
    )
    shown = redacted_conf(text)
    for word in ('"c-0"', '"/data"', "max_file_store: 10", '"nats://c-1:6222"'):
        assert word in shown


def test_what_cannot_be_read_is_left_out() -> None:
    assert redacted_conf("password: {") == LEFT_OUT


@pytest.mark.parametrize(
    "obj",
    [
        {"spec": {"containers": [{"name": "nats", "env": [{"name": "PW", "value": SECRET}]}]}},
        {"spec": {"containers": [{"name": "mine", "args": ["--x", SECRET]}]}},
        {"spec": {"containers": [{"name": "nats", "args": [f"--password={SECRET}"]}]}},
        {"spec": {"containers": [{"name": "nats", "livenessProbe": {"exec": {"command": [f"--token={SECRET}"]}}}]}},
        {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET}}},
        {"metadata": {"managedFields": [SECRET]}},
        {"kind": "Secret", "data": {"a": SECRET}, "stringData": {"a": SECRET}},
        {"kind": "ConfigMap", "data": {"a": f"password: {SECRET}"}, "binaryData": {"b": SECRET}},
        {"kind": "ConfigMap", "data": {"a": SECRET}},
        {"spec": {"contexts": {"a": {"url": f"nats://u:{SECRET}@host:4222"}}}},
        {"spec": {"httpHeaders": [{"name": "Authorization", "value": SECRET}]}},
        {"spec": {"password": SECRET, "deep": [{"clientToken": SECRET}]}},
    ],
)
def test_what_an_object_has_to_hide_is_hidden(obj: dict[str, Any]) -> None:
    assert SECRET not in json.dumps(redacted(obj))


def test_of_an_object_what_helps_is_shown() -> None:
    [stateful_set] = [each for each in live_children(cluster(SPEC)) if each["kind"] == "StatefulSet"]
    shown = redacted(stateful_set)
    assert shown["spec"]["replicas"] == 3
    server = shown["spec"]["template"]["spec"]["containers"][0]
    assert server["image"] == stateful_set["spec"]["template"]["spec"]["containers"][0]["image"]
    assert server["args"] == stateful_set["spec"]["template"]["spec"]["containers"][0]["args"]


@pytest.mark.parametrize("secret", [SEED, JWT, "$2a$11$abcdefghijklmnopqrstuvwxyz012345678901234567890123456"])
def test_what_looks_like_a_secret_is_masked_in_any_text(secret: str) -> None:
    assert secret not in without_credentials(f"before {secret} after")
    assert without_credentials(f"before {secret} after").startswith("before ")


def test_a_bundle_has_logs_without_the_secrets_that_configurations_have() -> None:
    conf = {"kind": "ConfigMap", "metadata": {"name": "c-config"}, "data": {"nats.conf": f"password: '{SECRET}'"}}
    sealed = {"metadata": {"name": "s"}, "data": {"a": base64.b64encode(SECRET.encode()).decode()}}
    log = f"authorization failed for {SECRET}"
    pods = tuple({**pod, "metadata": {**pod["metadata"], "annotations": {"note": SECRET}}} for pod in World().pods)
    base = "api/v1/namespaces/prod"
    orders = stream()
    orders["config"]["metadata"] = {"note": SECRET}
    world = World(
        jsz=jsz(orders),
        cr=resource(annotations={"kubectl.kubernetes.io/last-applied-configuration": SECRET}),
        pods=pods,
        objects={
            f"{base}/configmaps": {"items": [conf]},
            f"{base}/secrets": {"items": [sealed]},
            **{f"{base}/pods/c-{number}/log": log for number in range(3)},
        },
    )
    files, view = ask(world, lambda view: bundle(TARGET, view, "0.1.0"))
    assert files is not None
    assert secrets_of(conf) == {SECRET}
    text = json.dumps(files)
    assert SECRET not in text
    assert base64.b64encode(SECRET.encode()).decode() not in text
    assert f"authorization failed for {MASK}" in files["logs/c-0-nats.log"]
    assert '"ORDERS"' in json.dumps(files["servers/c-0.yaml"])
    assert '"s"' in json.dumps(files["objects/Secret.yaml"])
    assert all(request.metadata_only for request in world.asked if f"/{SECRETS.plural}" in request.path)
    assert view.failures == {} or "log" not in " ".join(view.failures)
