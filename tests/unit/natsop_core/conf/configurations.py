"""Effective configurations for tests: what servers make of some texts."""

from collections.abc import Iterable

from natsop_core.conf.effective import EffectiveConfig, read_effective
from natsop_core.conf.environment import Environment
from natsop_core.conf.faults import Fault

MAIN = "/etc/nats-config/nats.conf"


def effective(
    main: str, *, environment: Environment | None = None, is_ours: bool = True, **includes: str
) -> EffectiveConfig:
    """The configuration of a nats.conf that may include ../x/a.conf, which is includes["a"]."""
    texts = {f"/etc/x/{name}.conf": text for name, text in includes.items()}
    user_files = frozenset(texts if is_ours else {MAIN, *texts})
    return read_effective(MAIN, {MAIN: main, **texts}, environment or Environment(), user_files=user_files)


def with_include(text: str, *, ours: str = "port: 4222\n", **environment: str) -> EffectiveConfig:
    """Our nats.conf with one file that is included last."""
    return effective(f"{ours}include '../x/a.conf'\n", environment=Environment(environment), a=text)


def said(faults: Iterable[Fault]) -> list[str]:
    return [str(fault) for fault in faults]
