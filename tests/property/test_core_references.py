"""What a NatsCluster refers to: it is there before anything is changed, and what is secret stays in Secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_cluster
from natsop_core.conclude import conclude_cluster
from natsop_core.conf import Block, parse
from natsop_core.kinds import OPTIONAL
from natsop_core.lookup import Lookup
from natsop_core.plan import key_of
from natsop_core.resolve.cluster import resolve_cluster
from tests import tokens
from tests.property.crs import ROUTE_CREDENTIALS, is_accepted
from tests.property.referred import worlds
from tests.unit.natsop_core.world import Object, conditions, inputs, one_of, plan_of, secret

World = tuple[Object, list[Object]]

OPERATOR: Final = tokens.operator()
SYSTEM: Final = tokens.account("sys")
APP: Final = tokens.account("app")
SECRETS: Final = {
    "user": "the-user-hunter2",
    "password": "pass-hunter2-word",
    "operator": tokens.operator_jwt(OPERATOR),
    "sys": tokens.account_jwt(SYSTEM, OPERATOR),
    "app": tokens.account_jwt(APP, OPERATOR),
    "creds": tokens.credentials(tokens.user(), APP),
}


def key(name: str) -> Object:
    return {"name": "jwts", "key": name}


AUTHENTICATED: Final = {
    "jwt": {
        "operator": key("operator"),
        "systemAccount": SYSTEM.public_key,
        "accounts": [
            {"name": "sys", "publicKey": SYSTEM.public_key, "jwt": key("sys")},
            {"name": "app", "publicKey": APP.public_key, "jwt": key("app"), "userCreds": key("creds")},
        ],
    }
}


def with_secrets(world: World) -> World:
    """The same cluster with three servers, which know each other by a password and their clients by JWTs."""
    obj, referred = world
    config = obj["spec"]["config"]
    routed = {**config.get("cluster", {}), "routeURLs": {"authSecretRef": {"name": ROUTE_CREDENTIALS}}}
    spec = {**obj["spec"], "replicas": 3, "config": {**config, "cluster": routed}, "auth": AUTHENTICATED}
    others = [each for each in referred if each["metadata"]["name"] != ROUTE_CREDENTIALS]
    ours = [secret("jwts", **{name: SECRETS[name] for name in ("operator", "sys", "app", "creds")})]
    ours.append(secret(ROUTE_CREDENTIALS, user=SECRETS["user"], password=SECRETS["password"]))
    return {**obj, "spec": spec}, [*others, *ours]


def read(obj: Object) -> NatsCluster:
    cr = read_cluster(obj)
    assert isinstance(cr, NatsCluster), cr
    return cr


@given(worlds().map(with_secrets).filter(lambda world: is_accepted(world[0])))
def test_what_is_secret_appears_in_secrets_only(world: World) -> None:
    obj, referred = world
    cr = read(obj)
    seen = inputs(cr, *referred, serves=OPTIONAL)
    plan = plan_of(cr, seen)
    assume(plan.apply)  # an include may define users, with which no server starts beside an operator
    report = conclude_cluster(cr, seen, plan, {})
    shown = [each for each in plan.apply if each["kind"] != "Secret"]
    told = "".join([json.dumps(shown), repr(plan), repr(resolve_cluster(cr, Lookup(seen))), repr(seen), repr(report)])
    for name, value in SECRETS.items():
        assert value not in told, name
        assert base64.b64encode(value.encode()).decode() not in told, name
    for kind, name in (("routes", "password"), ("auth", "app")):
        data = one_of(plan.apply, "Secret", f"{cr.metadata.name}-{kind}")["data"]
        assert any(SECRETS[name] in base64.b64decode(content).decode() for content in data.values())


def mounted(stateful_set: Object) -> Iterator[tuple[str, str, str | None]]:
    """Kind, name and, where the volume names one, key of all that the pods mount."""
    for volume in stateful_set["spec"]["template"]["spec"]["volumes"]:
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"], None
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"], None
        for source in volume.get("projected", {}).get("sources", ()):
            for kind, field in (("Secret", "secret"), ("ConfigMap", "configMap")):
                for item in source.get(field, {}).get("items", ()):
                    yield kind, source[field]["name"], item["key"]


def missing_mounts(objects: tuple[Object, ...], referred: list[Object]) -> list[tuple[str, str, str | None]]:
    there = {(each["kind"], each["metadata"]["name"]): each for each in (*objects, *referred)}
    return [
        (kind, name, key)
        for kind, name, key in mounted(one_of(objects, "StatefulSet"))
        if (kind, name) not in there or (key and key not in there[kind, name]["data"])
    ]


@given(worlds())
def test_pods_mount_only_what_is_there_and_include_only_what_is_mounted(world: World) -> None:
    """Of what is optional, some is not there."""
    obj, referred = world
    cr = read(obj)
    objects = plan_of(cr, inputs(cr, *referred)).apply
    assert missing_mounts(objects, referred) == []
    if "existingName" in obj["spec"].get("configMap", {}):
        return
    conf = parse(one_of(objects, "ConfigMap")["data"]["nats.conf"])
    routes = conf.get("cluster")
    includes = (*conf.includes, *(routes.includes if isinstance(routes, Block) else ()))
    included = {f"/etc/{each.path.removeprefix('../')}" for each in includes}
    pod = one_of(objects, "StatefulSet")["spec"]["template"]["spec"]
    containers = {each["name"]: each for each in pod["containers"]}
    folders = {mount["mountPath"] for mount in containers["nats"]["volumeMounts"]}
    assert {path.rpartition("/")[0] for path in included} <= folders
    if "reloader" in containers:
        assert included <= set(containers["reloader"]["args"])


@settings(max_examples=25)  # each decides twice
@given(worlds().filter(lambda world: bool(world[1])), st.data())
def test_without_something_that_is_needed_everything_stays_and_the_status_names_it(
    world: World, data: st.DataObject
) -> None:
    obj, referred = world
    cr = read(obj)
    children = [applied_child(each) for each in plan_of(cr, inputs(cr, *referred)).apply]
    gone = data.draw(st.sampled_from(referred))
    left = [each for each in referred if each is not gone]
    seen = inputs(cr, *left, *children)
    plan = plan_of(cr, seen)
    if resolve_cluster(cr, Lookup(seen)).cluster is not None:
        kept = [child for child in children if key_of(child) in plan.keep]
        assert missing_mounts(plan.apply, [*left, *kept]) == [], "it was not needed, or the last good one stays"
        return
    assert (plan.apply, plan.prune, len(plan.keep)) == ((), (), len(children))
    report = conclude_cluster(cr, seen, plan, {})
    assert conditions(report.status)["Degraded"] == ("True", f"{gone['kind']}NotFound")
    for finding in resolve_cluster(cr, Lookup(seen)).findings:
        assert f"{gone['kind']} {gone['metadata']['name']}, which spec." in finding.message


def applied_child(manifest: Object) -> Object:
    metadata: dict[str, Any] = {**manifest["metadata"], "uid": f"uid-of-{manifest['kind']}", "resourceVersion": "1"}
    return {**manifest, "metadata": metadata}
