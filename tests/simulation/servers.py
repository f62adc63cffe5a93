"""NATS servers in pods: which configuration each has loaded, and what it tells of that on its monitor port."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from natsop_core.conf.digest import Unknown
from natsop_core.conf.effective import EffectiveConfig, read_effective
from natsop_core.conf.errors import ConfError
from natsop_core.conf.listen import ports
from natsop_core.names import CONFIG_FILE, MONITOR_PORT, POD_NAME_VARIABLE, SERVER_NAME_VARIABLE
from natsop_core.resolve.environment import read_environment
from natsop_core.times import timestamp
from tests.simulation.mounts import server_container

SOME_VERSION: Final = "2.12.6"
_VERSION: Final = re.compile(r":(\d+\.\d+\.\d+)")


@dataclass
class NatsServer:
    """One process. files: those that it has loaded. reloads: whether it takes in others while it runs."""

    pod: str
    spec: Mapping[str, Any]
    files: Mapping[str, str]
    started: datetime
    loaded: datetime
    reloads: bool = True

    def load(self, files: Mapping[str, str], now: datetime) -> None:
        """What the reloader makes it do when a file has changed. What it cannot read, it does not load."""
        if self.reloads and files != self.files and read(self.spec, files) is not None:
            self.files, self.loaded = files, now

    @property
    def listens(self) -> bool:
        """Whether there is a monitor to be asked."""
        config = read(self.spec, self.files)
        return config is not None and bool(ports(config).get(MONITOR_PORT))

    def varz(self, now: datetime, *, others: int) -> str:
        """What it tells of itself."""
        found = _VERSION.search(server_container(self.spec)["image"])
        version = found[1] if found else SOME_VERSION
        told = {
            "server_id": f"ID-{self.pod}",
            "version": version,
            "start": timestamp(self.started),
            "now": timestamp(now),
            "config_load_time": timestamp(self.loaded),
            "routes": others,
        }
        digest = self._digest(version)
        return json.dumps(told if digest is None else {**told, "config_digest": digest})

    def _digest(self, version: str) -> str | None:
        config = read(self.spec, self.files)
        digest = config.server_digest(self._variables, version) if config else None
        return None if isinstance(digest, Unknown) else digest

    @property
    def _variables(self) -> dict[str, str]:
        environment = {each["name"]: each.get("value", "") for each in server_container(self.spec)["env"]}
        name = environment[SERVER_NAME_VARIABLE].strip("'").replace(f"$({POD_NAME_VARIABLE})", self.pod)
        return {POD_NAME_VARIABLE: self.pod, SERVER_NAME_VARIABLE: name}


def read(spec: Mapping[str, Any], files: Mapping[str, str]) -> EffectiveConfig | None:
    """The configuration as a server of that pod reads it; None where it does not start with it."""
    environment = read_environment(server_container(spec)["env"], is_open=False)
    try:
        return read_effective(CONFIG_FILE, files, environment) if CONFIG_FILE in files else None
    except ConfError:
        return None
