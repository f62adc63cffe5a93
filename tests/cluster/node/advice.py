"""Advice: what the message of a refusal tells the user to do, done word for word."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, TypeAlias

from tests.cluster.node.nats import CLUSTER, READY_WITHIN
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace


@dataclass(frozen=True)
class Reader:
    """Somebody who wants what was refused. back_up: how they back up streams. claims: the spec that claims are to have.

    Its steps are functions of a reader and of the words in which the message names them.
    """

    namespace: Namespace
    back_up: Callable[[], None]
    claims: Manifest

    def follow(self, message: str) -> None:
        """Do what the message tells, in its order; accept a loss only where no command is named."""
        remedy, _, acceptance = message.partition("To accept the loss, ")
        self._do(remedy)
        if "`kubectl" not in remedy:
            self._do(acceptance)

    def claims_named(self, prefix: str) -> list[str]:
        """The claims of all servers."""
        claims = self.namespace.client.list("PersistentVolumeClaim")
        named = [name for each in claims if (name := each["metadata"]["name"]).startswith(f"{prefix}-")]
        assert named, f"no claim is named {prefix}-N"
        return named

    def _do(self, text: str) -> None:
        found = [(words.start(), step, words) for pattern, step in _STEPS for words in re.finditer(pattern, text)]
        assert found, f"no step is known in: {text}"
        for _, step, words in sorted(found, key=itemgetter(0)):
            step(self, words)


Step: TypeAlias = Callable[[Reader, re.Match[str]], None]


def _back_up(reader: Reader, _: re.Match[str]) -> None:
    reader.back_up()


def _delete_claims(reader: Reader, words: re.Match[str]) -> None:
    for claim in reader.claims_named(words["claim"]):
        reader.namespace.kubectl(*words["command"].split(), claim)


def _change_claims(reader: Reader, words: re.Match[str]) -> None:
    for claim in reader.claims_named(words["claim"]):
        reader.namespace.client.patch("PersistentVolumeClaim", claim, {"spec": reader.claims})


def _delete_stateful_set(reader: Reader, words: re.Match[str]) -> None:
    reader.namespace.kubectl(*words["command"].split(), timeout=READY_WITHIN)


def _annotate(reader: Reader, words: re.Match[str]) -> None:
    reader.namespace.kubectl("annotate", "natscluster", CLUSTER, f"{words['name']}={words['value']}", "--overwrite")


_STEPS: Final[tuple[tuple[str, Step], ...]] = (
    (r"[Bb]ack (up the streams|these up)", _back_up),
    (r"`kubectl (?P<command>delete pvc --wait=false)` with each (?P<claim>[a-z]+-[a-z]+)-N", _delete_claims),
    (r"change each claim (?P<claim>[a-z]+-[a-z]+)-N yourself", _change_claims),
    (r"`kubectl (?P<command>delete statefulset [^`]*)`", _delete_stateful_set),
    (r'set the annotation (?P<name>\S+): "(?P<value>[^"]*)"', _annotate),
)
