"""What the operator hears of a server that runs what it rendered, the monitor with TLS or without."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from natsop_core.conclude import conclude_cluster
from natsop_core.inputs import HttpAnswer
from natsop_core.lookup import Lookup
from natsop_core.offline import inputs_at_hand, render
from natsop_core.references import HttpRef
from natsop_core.servers import ask_servers
from natsop_runtime.nats import reachable_pods
from tests.property.referred import sound_objects
from tests.server.cases import Case, case_of
from tests.server.changes import ByPlace
from tests.server.pod_process import started
from tests.unit.natsop_core.world import NOW, Object, cluster_object, conditions, inputs, one_of, plan_of, pod

TLS: Object = {"enabled": True, "secretName": "tls-a", "verify": True}
SPECS: dict[str, Object] = {
    "http": {},
    "https": {
        "tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}},
        "config": {"nats": {"tls": TLS}, "monitor": {"tlsEnabled": True}},
    },
}


@pytest.mark.parametrize("version", ["2.12.6", "2.15.2"])
@pytest.mark.parametrize("scheme", SPECS)
def test_a_server_says_what_it_runs(
    threads: ThreadPoolExecutor, binary_of: Callable[[str], Path], tmp_path: Path, scheme: str, version: str
) -> None:
    obj = cluster_object(SPECS[scheme])
    referred = sound_objects(obj["spec"], ByPlace())
    case = case_of(obj, referred)
    status = threads.submit(status_beside_its_server, case, referred, binary_of(version), tmp_path).result()
    assert status["version"] == version
    assert conditions(status)["ConfigurationLoaded"] == ("True", "Loaded")


def status_beside_its_server(case: Case, referred: list[Object], binary: Path, folder: Path) -> Object:
    """What the user reads while the server runs. It has the thread's network to itself, and its own address in it."""
    made = render(case.cr, inputs_at_hand(referred, NOW)).objects or ()
    template = one_of([dict(each) for each in made], "StatefulSet")["spec"]["template"]
    server = {**pod("c-0", ip="127.0.0.1"), "spec": template["spec"]}
    unasked = inputs(case.cr, *referred, server)
    lookup = Lookup(unasked)
    ask_servers([server], lookup)
    [reference] = [each for each in lookup.asked if isinstance(each, HttpRef)]
    with started(case.layout, binary, case.monitor, folder):
        answer = asyncio.run(answer_to(reference))
    seen = replace(unasked, found={**unasked.found, reference: answer})
    status = conclude_cluster(case.cr, seen, plan_of(case.cr, seen), {}).status
    assert status is not None
    return status


async def answer_to(reference: HttpRef) -> HttpAnswer:
    async with reachable_pods() as pods:
        answer = await pods.get(reference)
        assert isinstance(answer, HttpAnswer), answer
        return answer
