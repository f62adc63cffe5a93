"""Digests on the pods: they change with what the servers read, and tell nobody what a Secret holds."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from natsop_core import names
from natsop_core.inputs import Forbidden, Inputs
from natsop_core.kinds import SECRETS, STATEFUL_SETS
from natsop_core.plan import Plan
from natsop_core.references import ObjectRef
from tests.unit.natsop_core.resolve.jwt_clusters import APP, SYSTEM, account_entry, jwts, spec
from tests.unit.natsop_core.world import (
    NAMESPACE,
    Object,
    applied,
    cluster,
    config_map,
    inputs,
    one_of,
    plan_of,
    secret,
)

SALT = SECRETS.key(NAMESPACE, "c-salt")
CHECKSUM: Object = {"podTemplate": {"configChecksumAnnotation": True}}


def planned(wanted: Object, *objects: Object, entropy: bytes = b"1") -> Plan:
    cr = cluster(wanted)
    return plan_of(cr, replace(inputs(cr, *objects), entropy=entropy))


def digests(wanted: Object, *objects: Object, entropy: bytes = b"1") -> dict[str, str]:
    stateful_set = one_of(planned(wanted, *objects, entropy=entropy).apply, "StatefulSet")
    return dict(stateful_set["spec"]["template"]["metadata"]["annotations"])


def including(kind: str, **more: Any) -> Object:
    return {"config": {"includes": [{"name": "a.conf", kind: {"name": "mine", "key": "a"}}]}, **more}


def certificate(**changed: str) -> Object:
    return secret("tls", **({"tls.crt": "a certificate", "tls.key": "a key", "ca.crt": "a CA"} | changed))


RESTARTS = "mqtt { ack_wait: '30s' }\nleafnodes { authorization { user: u, password: %s } }"
RELOADS = "authorization { user: u, password: %s }"

SECURE: Object = {
    "replicas": 3,
    "config": {
        "nats": {"tls": {"enabled": True, "secretName": "tls"}},
        "cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}},
    },
    "tlsCA": {"secret": {"name": "tls", "key": "ca.crt"}},
    **CHECKSUM,
}
ROUTES = secret("routes", user="u", password="p")  # noqa: S106


@pytest.mark.parametrize(
    "changed",
    [
        (certificate(**{"tls.crt": "another"}), ROUTES),
        (certificate(**{"tls.key": "another"}), ROUTES),
        (certificate(**{"ca.crt": "another"}), ROUTES),
        (certificate(), secret("routes", user="u", password="another")),  # noqa: S106
    ],
)
def test_the_checksum_is_of_all_that_the_servers_read(changed: tuple[Object, ...]) -> None:
    before, after = digests(SECURE, certificate(), ROUTES), digests(SECURE, *changed)
    assert before[names.CHECKSUM_ANNOTATION] != after[names.CHECKSUM_ANNOTATION]
    assert before[names.RESTART_ANNOTATION] == after[names.RESTART_ANNOTATION]


@pytest.mark.parametrize(
    ("wanted", "others"),
    [
        (CHECKSUM, ()),
        (including("configMap", **CHECKSUM), (config_map("mine", a=RESTARTS % "p"),)),
        (including("secret"), (secret("mine", a=RELOADS % "p"),)),
        (spec(account_entry(SYSTEM), account_entry(APP)), (jwts(),)),
        ({**SECURE, "podTemplate": {}}, (certificate(), ROUTES)),
    ],
    ids=["nothing of a Secret", "an include of a ConfigMap", "what reloads", "JWTs", "certificates and routes"],
)
def test_without_a_secret_to_guess_there_is_no_salt(wanted: Object, others: tuple[Object, ...]) -> None:
    assert SALT not in planned(wanted, *others).targets
    assert digests(wanted, *others) == digests(wanted, *others, entropy=b"2")


SALTED = {
    "a checksum": (SECURE, (certificate(), ROUTES)),
    "an include that needs a restart": (including("secret"), (secret("mine", a=RESTARTS % "p"),)),
    "a checksum of an include": (including("secret", **CHECKSUM), (secret("mine", a=RELOADS % "p"),)),
    "a checksum of JWTs": ({**spec(account_entry(SYSTEM)), **CHECKSUM}, (jwts(),)),
}


@pytest.mark.parametrize(("wanted", "others"), SALTED.values(), ids=list(SALTED))
def test_who_does_not_know_the_salt_cannot_try_what_a_secret_holds(wanted: Object, others: tuple[Object, ...]) -> None:
    assert SALT in planned(wanted, *others).targets
    assert digests(wanted, *others, entropy=b"1") != digests(wanted, *others, entropy=b"2")


@pytest.mark.parametrize(("wanted", "others"), SALTED.values(), ids=list(SALTED))
def test_a_salt_is_made_once_and_kept(wanted: Object, others: tuple[Object, ...]) -> None:
    first = planned(wanted, *others, entropy=b"1")
    live = applied(one_of(first.apply, "Secret", "c-salt"))
    assert planned(wanted, *others, live, entropy=b"2").apply == first.apply
    live["metadata"].pop("ownerReferences")  # as an orphan of ours
    assert planned(wanted, *others, live, entropy=b"3").apply == first.apply


def test_an_include_of_a_secret_that_changes_what_needs_a_restart_rolls_the_pods() -> None:
    wanted = including("secret")
    one, other = (digests(wanted, secret("mine", a=RESTARTS % text)) for text in ("one", "other"))
    assert one[names.RESTART_ANNOTATION] != other[names.RESTART_ANNOTATION]
    assert len(one[names.RESTART_ANNOTATION]) == len(other[names.RESTART_ANNOTATION]) == 16


def test_the_pods_wait_for_the_salt() -> None:
    plan = planned(*SALTED["a checksum"][:1], *SALTED["a checksum"][1])
    assert SALT in plan.after[STATEFUL_SETS.key(NAMESPACE, "c")]
    assert plan.targets.index(SALT) < plan.targets.index(STATEFUL_SETS.key(NAMESPACE, "c"))


@pytest.mark.parametrize("value", ["", "short", "%%%"])
def test_a_salt_that_somebody_spoiled_is_made_anew(value: str) -> None:
    wanted, others = SALTED["a checksum"]
    first = planned(wanted, *others)
    live = applied(one_of(first.apply, "Secret", "c-salt"))
    live["data"] = {"salt": value}
    assert planned(wanted, *others, live, entropy=b"1").apply == first.apply


# Somebody else's Secret of that name


@pytest.mark.parametrize(("wanted", "others"), SALTED.values(), ids=list(SALTED))
def test_beside_a_stranger_s_secret_the_pods_are_not_rolled_again_and_again(
    wanted: Object, others: tuple[Object, ...]
) -> None:
    theirs = secret("c-salt", salt="x" * 64)
    assert digests(wanted, *others, theirs, entropy=b"1") == digests(wanted, *others, theirs, entropy=b"2")
    plan = planned(wanted, *others, theirs)
    assert SALT in plan.targets, "it is told that the name is taken"
    assert SALT not in plan.after.get(STATEFUL_SETS.key(NAMESPACE, "c"), ())


def test_a_salt_that_may_not_be_read_is_left_as_it_is() -> None:
    cr = cluster(SECURE)
    seen: Inputs = inputs(cr, certificate(), ROUTES)
    plan = plan_of(cr, replace(seen, found={**seen.found, ObjectRef(SALT): Forbidden("no")}))
    assert SALT not in plan.targets
    assert SALT in plan.keep


def test_neither_the_inputs_nor_the_plan_show_the_salt() -> None:
    wanted, others = SALTED["a checksum"]
    cr = cluster(wanted)
    seen = replace(inputs(cr, *others), entropy=b"secret-entropy")
    plan = plan_of(cr, seen)
    salt = base64.b64decode(one_of(plan.apply, "Secret", "c-salt")["data"]["salt"]).decode()
    shown = f"{seen!r}{plan!r}{plan.decision!r}"
    assert salt not in shown
    assert "secret-entropy" not in shown
