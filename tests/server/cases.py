"""NatsClusters with their references, started by a real server of several versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from natsop_core import names
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_cluster
from natsop_core.conf import Unknown
from natsop_core.offline import inputs_at_hand, render
from tests.config_digests import config_digest
from tests.server.pod_layout import Layout, lay_out
from tests.server.pod_process import ALONE, READY, Monitor, PodProcess, started
from tests.unit.natsop_core.world import NOW, Object, accepted

VERSIONS = ("2.10.25", "2.12.6", "2.14.2", "2.15.2")


@dataclass(frozen=True)
class Case:
    """A NatsCluster with its references, and what its first pod sees."""

    obj: Object
    cr: NatsCluster
    layout: Layout

    @property
    def monitor(self) -> Monitor | None:
        monitor = self.cr.spec.config.monitor
        ready = ALONE if self.cr.spec.replicas > 1 else READY
        return Monitor(monitor.port, monitor.tls_enabled, ready) if monitor.enabled else None

    @property
    def ports(self) -> dict[str, int]:
        """What listens; of a configuration of the user's own, what `existing_configuration` has."""
        ports = dict(self.layout.ports)
        return {name: ports[name] for name in ("nats", "monitor") if name in ports} if self.brings_its_own else ports

    @property
    def brings_its_own(self) -> bool:
        return bool(self.cr.spec.config_map.existing_name)

    def __str__(self) -> str:
        files = "".join(f"--- {path}\n{text}\n" for path, text in self.layout.texts().items() if "PRIVATE" not in text)
        return f"{json.dumps(self.obj, indent=1)}\n{files}--- environment {dict(self.layout.environment)}"


def case_of(obj: Object, referred: list[Object]) -> Case:
    cr = accepted(read_cluster(obj))
    rendered = render(cr, inputs_at_hand(referred, NOW))
    assert rendered.objects is not None, f"refused, though all references are sound: {rendered.findings}"
    return Case(obj, cr, lay_out([*referred, *rendered.objects]))


def start(case: Case, binary: Path, version: str, folder: Path) -> str:
    """Start it, ask it all that there is to ask, and end it. Returns what is known of its digest."""
    with started(case.layout, binary, case.monitor, folder) as server:
        for name, port in case.ports.items():
            server.await_listening(name, port)
        return _compare_digests(case, server, version)


def _compare_digests(case: Case, server: PodProcess, version: str) -> str:
    if server.monitor is None:
        return "the monitor is off"
    ours = config_digest(
        case.layout.texts()[names.CONFIG_FILE],
        case.layout.environment,
        case.layout.texts(),
        version=version,
        file=names.CONFIG_FILE,
    )
    theirs: Any = server.varz().get("config_digest")
    if isinstance(ours, Unknown):
        return f"we do not know: {ours.reason}"
    assert ours == theirs, f"the server's digest is {theirs}, ours {ours}"
    return "the same"
