"""Nothing that people can write makes a decision about a configuration long: its work is counted, not timed."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from natsop_core.conf import ConfError
from natsop_core.conf.effective import read_effective
from natsop_core.conf.environment import Environment
from natsop_core.conf.expand import MAX_CHARACTERS
from natsop_core.conf.faults import faults, redefined_with_jetstream
from natsop_core.conf.listen import ports
from natsop_core.conf.paths import files_outside
from natsop_core.inputs import LONG_TEXTS
from tests.property.trees import unhurried

MAIN, INCLUDED = "/etc/nats-config/nats.conf", "/etc/nats-extra/a.conf"
CALLS_OF_A_LONG_DECISION = 400_000
"""About 50 ms of a slow machine, at 8 million calls a second."""

widths = st.integers(1, 60)
few = settings(unhurried, max_examples=40)


def calls_of_a_decision(included: str, environment: Environment) -> int:
    """How many functions are called until everything that we ask of a configuration is answered."""
    files = {MAIN: "include ../nats-extra/a.conf\n", INCLUDED: included}
    calls = 0

    def count(_frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        decide(files, environment)
    finally:
        sys.setprofile(None)
    return calls


def decide(files: dict[str, str], environment: Environment) -> None:
    try:
        config = read_effective(MAIN, files, environment, user_files=frozenset([INCLUDED]))
    except ConfError:
        return
    list(faults(config))
    list(redefined_with_jetstream(config))
    ports(config)
    files_outside(config, ["/etc/nats-certs"])
    config.restart_digest({})
    for number in range(25):
        config.server_digest({"SERVER_NAME": f"c-{number}"}, "2.15.2")


@st.composite
def bombs(draw: st.DrawFn) -> str:
    """Lists or blocks of variables that are lists or blocks of variables."""
    width, levels, is_block = draw(widths), draw(st.integers(1, 12)), draw(st.booleans())

    def of(item: str) -> str:
        if is_block:
            return "{" + " ".join(f"k{number}: {item} ;" for number in range(width)) + "}"
        return "[" + ",".join([f"{item} "] * width) + "]"

    lines = [f"a0: {of('1')}", *(f"a{level}: {of(f'$a{level - 1}')}" for level in range(1, levels))]
    used = draw(widths)
    return "\n".join([*lines, *(f"b{number}: $a{levels - 1}" for number in range(used))])


repeated = st.builds(
    lambda piece, before, after: before + piece * ((LONG_TEXTS - len(before + after)) // len(piece)) + after,
    st.sampled_from(
        ["a 1\n", "1 ,", "{}\n", "a{\n", "#\n", "$x ", '"', "\\x41", "a: '' ;", "(\n", "include b\n", "[ "]
    ),
    st.sampled_from(["", "a: [", "a {", 'a: "', "accounts { A { users: ["]),
    st.sampled_from(["", " ]", "}", '"', "\n"]),
)
"""Texts that are as long as they may be to be decided on the event loop."""


@few
@given(st.one_of(bombs(), repeated))
def test_no_text_makes_a_decision_long(text: str) -> None:
    if len(text) <= LONG_TEXTS:
        assert calls_of_a_decision(text, Environment()) < CALLS_OF_A_LONG_DECISION


@few
@given(st.integers(1, 40), st.integers(1, 5_000), st.sampled_from(["[1 ,", "a ", "'x' "]))
def test_no_environment_makes_a_decision_long(uses: int, length: int, piece: str) -> None:
    environment = Environment({"X": (piece * length)[:MAX_CHARACTERS]})
    text = "".join(f"a{number}: $X\n" for number in range(uses))
    assert calls_of_a_decision(text, environment) < CALLS_OF_A_LONG_DECISION
