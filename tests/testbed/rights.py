"""Which rights an API server saw used, in RBAC's words, kept beyond its life so that a whole test run can add up."""

from __future__ import annotations

import json
import os
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.testbed.audit import QUESTIONS, AuditEntry, AuditLog

FOLDER_VARIABLE: Final = "TESTBED_RIGHTS"
"""Names the folder in which control planes that end leave what was used of them; unset, they leave nothing."""


class Right(NamedTuple):
    """May do this to objects of that kind; a subresource is part of the resource's name, as in a Role."""

    group: str
    resource: str
    verb: str


@dataclass(frozen=True)
class Use:
    """What a user asked for and was allowed, and what it was refused for lack of a right."""

    allowed: frozenset[Right] = frozenset()
    refused: frozenset[Right] = frozenset()

    def __or__(self, other: Use) -> Use:
        return Use(self.allowed | other.allowed, self.refused | other.refused)


def granted(rules: Iterable[Mapping[str, Any]]) -> frozenset[Right]:
    """What the rules of a Role or ClusterRole grant, one by one."""
    return frozenset(
        Right(group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    )


def used(log: AuditLog) -> dict[str, Use]:
    """What each ServiceAccount asked for, by its name in the log."""
    total: defaultdict[str, Use] = defaultdict(Use)
    for entry in log.entries(user="system:serviceaccount:"):
        if entry.resource and entry.resource not in QUESTIONS:
            rights = frozenset(_rights(entry))
            total[entry.user] |= Use(refused=rights) if entry.forbidden else Use(allowed=rights)
    return total


def keep(log: AuditLog) -> None:
    """Leave what was used in the folder of the test run, if there is one, before the log goes."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder and log.exists:
        record = {user: [sorted(use.allowed), sorted(use.refused)] for user, use in used(log).items()}
        (Path(folder) / f"{secrets.token_hex(8)}.json").write_text(json.dumps(record))


def kept(folder: Path, user: str) -> Use:
    """All that was left in the folder about one of them."""
    total = Use()
    for file in folder.glob("*.json"):
        allowed, refused = (
            frozenset(Right(*each) for each in kind) for kind in json.loads(file.read_text()).get(user, ((), ()))
        )
        total |= Use(allowed, refused)
    return total


def _rights(entry: AuditEntry) -> Iterator[Right]:
    resource = f"{entry.resource}/{entry.subresource}" if entry.subresource else entry.resource
    yield Right(entry.group, resource, entry.verb)
    if entry.verb == "patch" and entry.code == HTTPStatus.CREATED:
        yield Right(entry.group, resource, "create")  # a server-side apply that creates is asked for both rights
