"""`python -m tests.mutate [MODULE ...]`: which faults no unit test notices. See `--help`."""

from __future__ import annotations

import argparse
import ast
import os
import random
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.mutate.operators import Mutation, mutations
from tests.mutate.runner import PACKAGE, MutatedModule, UsualTimes, in_forks, outcome_of_tests, preload, verdict
from tests.mutate.targets import TARGETS, source_of, tests_of

ACCEPTED: Final = Path(__file__).with_name("accepted.toml")
ENOUGH: Final = 0.95
"""The part of all faults that has to be noticed; the others have to be listed, with reasons."""

PATIENCE: Final = 3600.0


def main(arguments: Sequence[str]) -> int:
    """0 when all faults are noticed but those that are listed with a reason, and these are few."""
    chosen = _parser().parse_args(arguments)
    accepted = tomllib.loads(ACCEPTED.read_text())
    preload()
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().getrandbits(32)
    if chosen.sample:
        print(f"{chosen.sample} faults of each module, --seed {seed}")
    results = [_judge(each, accepted.get(each, {}), chosen, seed) for each in chosen.modules or TARGETS]
    return 0 if all(results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TARGETS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--sample", type=int, default=0, help="only so many faults of each module, by chance")
    parser.add_argument("--seed", type=int, help="which ones")
    return parser


def _judge(target: str, accepted: dict[str, str], chosen: argparse.Namespace, seed: int) -> bool:
    """Run all mutants of a module, and say which of them survive though nobody listed them."""
    source = source_of(target)
    tree = ast.parse(source.read_text())
    every = mutations(tree)
    picked = every
    if 0 < chosen.sample < len(every):
        picked = random.Random(seed).sample(every, chosen.sample)  # noqa: S311
    with TemporaryDirectory() as folder:
        times = Path(folder, "times.json")
        begun = time.monotonic()
        if not _tests_pass(target, times):
            return False
        timeout = 60 + 5 * (time.monotonic() - begun)

        def mutant(mutation: Mutation) -> int:
            mutation.apply()
            finder = MutatedModule(f"{PACKAGE}.{target}", source, tree)
            return outcome_of_tests(tests_of(target), UsualTimes(times, writes=False), finder)

        works = [(each, lambda each=each: mutant(each)) for each in picked]
        verdicts = {each: verdict(code) for each, code in in_forks(works, jobs=chosen.jobs, timeout=timeout)}
        if not _tests_pass(target, times):  # the checkout has changed meanwhile
            return False
    survivors = [each for each in picked if verdicts[each] == "survived"]
    unlisted = [each for each in survivors if each.name not in accepted]
    noticed = len(picked) - len(survivors)
    print(f"{target}: {noticed} of {len(picked)} faults noticed ({noticed / len(picked):.1%})")
    for each in unlisted:
        print(f"  {source}:{each.line}: nobody notices {each.name}")
    stale = set(accepted) - {each.name for each in every} | {
        each.name for each in picked if each.name in accepted and verdicts[each] != "survived"
    }
    for name in sorted(stale):
        print(f"  {ACCEPTED.name} lists what is noticed, or is no fault any more: {name}")
    return not unlisted and not stale and noticed >= ENOUGH * len(picked)


def _tests_pass(target: str, times: Path) -> bool:
    def tests() -> int:
        return outcome_of_tests(tests_of(target), UsualTimes(times, writes=True))

    [(_, code)] = in_forks([(None, tests)], jobs=1, timeout=PATIENCE)
    if code != 0:
        print(f"{target}: its tests fail without any fault")
    return code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
