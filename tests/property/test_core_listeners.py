"""A listener that is turned on changes what it needs and nothing else."""

from __future__ import annotations

import copy
from typing import Any, Final

from hypothesis import assume, given
from hypothesis import strategies as st

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_cluster
from natsop_core.conf import parse
from tests.property.referred import worlds
from tests.unit.natsop_core.world import Object, inputs, plan_of, secret

LISTENERS: Final = ("leafnodes", "websocket", "mqtt", "gateway", "profiling")
PORT: Final = 12345
CERTIFICATE: Final = "certificate-of-the-listener"


def turned(obj: Object, listener: str, settings: Object) -> Object:
    changed = copy.deepcopy(obj)
    changed["spec"]["config"][listener] = settings
    return changed


def objects(obj: Object, referred: list[Object]) -> dict[tuple[str, str], Object]:
    cr = read_cluster(obj)
    assume(isinstance(cr, NatsCluster))
    assert isinstance(cr, NatsCluster)
    more = secret(CERTIFICATE, **{"tls.crt": "x", "tls.key": "x"})
    plan = plan_of(cr, inputs(cr, *referred, more))
    return {(each["kind"], each["metadata"]["name"]): each for each in plan.apply}


def without(value: Any, listener: str) -> Any:
    """An object without what is of this listener, and without the digests, which are of everything."""
    if isinstance(value, dict):
        if "nats.conf" in value:
            return configuration(value["nats.conf"], listener)
        return {
            key: without(each, listener) for key, each in value.items() if not key.startswith("nats.crewlet.cloud/")
        }
    if isinstance(value, list):
        return [without(each, listener) for each in value if not is_of(each, listener)]
    return value


def is_of(item: Any, listener: str) -> bool:
    if isinstance(item, dict):
        return item.get("name") in (listener, f"tls-{listener}")
    flags = {"leafnodes": "-leafz", "gateway": "-gatewayz"}
    return item == flags.get(listener) or str(item).startswith(f"/etc/nats-certs/{listener}/")


def configuration(text: str, listener: str) -> Object:
    """The configuration, but for the system account that leafnodes and gateway need together."""
    own = {"prof_port"} if listener == "profiling" else {listener, "accounts", "system_account"}
    return {key: value for key, value in parse(text).items() if key not in own}


def without_paths_of(args: list[str], listener: str) -> list[str]:
    """The reloader's arguments come in pairs."""
    pairs = zip(args[::2], args[1::2], strict=True)
    return [each for pair in pairs if not is_of(pair[1], listener) for each in pair]


def comparable(found: dict[tuple[str, str], Object], listener: str) -> dict[tuple[str, str], Any]:
    bare = copy.deepcopy(found)
    for (kind, _), each in bare.items():
        for container in each["spec"]["template"]["spec"]["containers"] if kind == "StatefulSet" else ():
            if container["name"] == "reloader":
                container["args"] = without_paths_of(container["args"], listener)
    return {key: without(each, listener) for key, each in bare.items()}


@given(worlds(), st.sampled_from(LISTENERS), st.booleans())
def test_turning_a_listener_on_changes_only_what_concerns_it(
    world: tuple[Object, list[Object]], listener: str, has_tls: bool
) -> None:
    obj, referred = world
    on: Object = {"enabled": True, "port": PORT}
    if has_tls and listener != "profiling":
        on["tls"] = {"enabled": True, "secretName": CERTIFICATE}
    before = objects(turned(obj, listener, {}), referred)
    after = objects(turned(obj, listener, on), referred)
    assert comparable(before, listener) == comparable(after, listener)
    ports = after["Service", f"{obj['metadata']['name']}-headless"]["spec"]["ports"]
    assert [each["port"] for each in ports if each["name"] == listener] == [PORT]
