"""The table of options is the server's own: it knows each of them at its place, and no other."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from natsop_core.conf.effective import read_effective
from natsop_core.conf.environment import Environment
from natsop_core.conf.faults import unknown_options
from natsop_core.conf.options import SERVER, Options
from tests.server.cases import VERSIONS
from tests.testbed.versions import NATS_SERVER_MODULE

LISTS = {"users", "remotes", "gateways", "imports", "exports", "trusted", "certs"}
"""Options that are lists of blocks."""

BOGUS = "never_heard_of"


@dataclass(frozen=True)
class Level:
    """One kind of block, and the text around its options."""

    path: str
    before: str
    after: str
    options: Options

    def text(self, option: str, value: str = "x") -> str:
        return f"{self.before}{option}: {value}\n{self.after}"


def levels(options: Options = SERVER, path: str = "", before: str = "", after: str = "") -> Iterator[Level]:
    if options.named:
        yield from levels(options.named, f"{path}A.", f"{before}A {{\n", f"}}\n{after}")
        return
    yield Level(path, before, after, options)
    for name, inner in options.inner.items():
        start, end = ("[\n{\n", "}\n]\n") if name in LISTS else ("{\n", "}\n")
        yield from levels(inner, f"{path}{name}.", f"{before}{name}: {start}", f"{end}{after}")


LEVELS = {level.path: level for level in levels()}


def judged(binary: Path, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """What the server says of a configuration."""
    file = folder / f"{abs(hash(text))}.conf"
    file.write_text(text)
    return subprocess.run([binary, "-c", file, "-t"], capture_output=True, text=True, check=False, timeout=30)


def unknown_in(binary: Path, folder: Path, text: str) -> list[tuple[str, int]]:
    """The options that the server does not know, and their lines."""
    said = judged(binary, folder, text).stderr
    found = re.findall(r'(?i):(\d+):\d+: .*unknown field (?:name )?"([^"]*)"', said)
    return [(option, int(line)) for line, option in found]


def our_unknown_in(text: str) -> list[tuple[str, int]]:
    config = read_effective("x.conf", {"x.conf": text}, Environment())
    return [(fault.problem.split("option ")[1].split(";")[0], fault.place.line) for fault in unknown_options(config)]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_knows_no_option_that_we_do_not(
    binary_of: Callable[[str], Path], tmp_path: Path, version: str
) -> None:
    binary = binary_of(version)
    for level in LEVELS.values():
        theirs = unknown_in(binary, tmp_path, level.text(BOGUS))
        is_newer = version != NATS_SERVER_MODULE and theirs and theirs[0][0] in level.path
        assert is_newer or theirs == our_unknown_in(level.text(BOGUS)), level.path


def test_the_newest_server_knows_every_option_of_the_table(newest: Path, tmp_path: Path) -> None:
    spellings = [(level, spelling) for level in LEVELS.values() for spelling in level.options.names]

    def is_unknown(case: tuple[Level, str]) -> bool:
        level, spelling = case
        return bool(unknown_in(newest, tmp_path, level.text(spelling)))

    with ThreadPoolExecutor(2) as threads:
        unknown = threads.map(is_unknown, spellings)
        assert [f"{level.path}{name}" for (level, name), bad in zip(spellings, unknown, strict=True) if bad] == []


REFUSES = re.compile(
    "(?i)interface conversion|unknown field|expected .*(map|array|entries)|invalid duration|converted to a duration"
)
"""What a server says of a value of a kind that it does not expect, or of an option that is too new for it."""

SAMPLES = {"duration": '"2s"', "int": "7", "str": '"x"', "bool": "true", "list": '["x"]', "map": "{}", "float": "1.5"}

ALSO_FITS = {"str": ["duration"], "duration": ["int"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_server_refuses_a_value_of_the_wrong_kind(
    binary_of: Callable[[str], Path], tmp_path: Path, version: str
) -> None:
    cases = [
        (f"{level.path}{name} {kind}", level.text(name, SAMPLES[kind]))
        for level in LEVELS.values()
        for name, expected in level.options.kinds.items()
        for kind in SAMPLES
        if kind not in {expected, *ALSO_FITS.get(expected, ())}
    ]
    with ThreadPoolExecutor(2) as threads:
        said = threads.map(lambda case: judged(binary_of(version), tmp_path, case[1]).stderr, cases)
        assert [name for (name, _), text in zip(cases, said, strict=True) if not REFUSES.search(text)] == []
