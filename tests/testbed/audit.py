"""The API server's audit log: who asked for what, in the order it was answered. Tests count writes with it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})

QUESTIONS = frozenset({"selfsubjectaccessreviews", "selfsubjectreviews"})
"""What every user may ask about itself: it is answered, and kept nowhere."""

POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
"""


@dataclass(frozen=True)
class AuditEntry:
    """One answered request. Parts that a request does not have (a name in a list, say) are empty."""

    user: str
    user_agent: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    time: datetime
    """When the API server received it."""
    answered: datetime
    forbidden: bool
    """Refused for lack of a right. A 403 may also come from admission, a quota for example."""

    @property
    def is_write(self) -> bool:
        return self.verb in WRITES and self.resource not in QUESTIONS


class AuditLog:
    """Reads the log file, from a mark if given: `mark = audit.mark()`, do things, `audit.writes(since=mark)`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def exists(self) -> bool:
        """Whether the API server has begun it."""
        return self._path.exists()

    def mark(self) -> int:
        """The present end of the log."""
        return self._path.stat().st_size

    def entries(self, *, since: int = 0, user_agent: str = "", user: str = "", namespace: str = "") -> list[AuditEntry]:
        """The requests answered since the mark; `user_agent` and `user` match as substrings, `namespace` exactly."""
        return list(self.iterate(since=since, user_agent=user_agent, user=user, namespace=namespace))

    def iterate(
        self, *, since: int = 0, user_agent: str = "", user: str = "", namespace: str = ""
    ) -> Iterator[AuditEntry]:
        """The same, one by one: a log may have a million."""
        for entry in self._read(since, (user_agent, user, namespace)):
            if user_agent in entry.user_agent and user in entry.user and namespace in ("", entry.namespace):
                yield entry

    def writes(self, *, since: int = 0, user_agent: str = "", user: str = "", namespace: str = "") -> list[AuditEntry]:
        """Those entries that asked for a change, successful or not."""
        seen = self.entries(since=since, user_agent=user_agent, user=user, namespace=namespace)
        return [entry for entry in seen if entry.is_write]

    def _read(self, since: int, words: Sequence[str]) -> Iterator[AuditEntry]:
        """The entries in which all the words are, somewhere: most others need not even be parsed."""
        wanted = [word.encode() for word in words]
        with self._path.open("rb") as log:
            if since:  # a line that was half written when the mark was made counts as before it
                log.seek(since - 1)
                log.readline()
            for line in log:
                if line.endswith(b"\n") and all(word in line for word in wanted):  # the last may be half written
                    yield _entry(json.loads(line))


def _entry(event: dict[str, dict[str, str]]) -> AuditEntry:
    subject = event.get("objectRef") or {}
    return AuditEntry(
        user=event["user"].get("username", ""),
        user_agent=str(event.get("userAgent", "")),
        verb=str(event["verb"]),
        group=subject.get("apiGroup", ""),
        resource=subject.get("resource", ""),
        subresource=subject.get("subresource", ""),
        namespace=subject.get("namespace", ""),
        name=subject.get("name", ""),
        code=int((event.get("responseStatus") or {}).get("code", 0)),
        time=datetime.fromisoformat(str(event["requestReceivedTimestamp"])),
        answered=datetime.fromisoformat(str(event["stageTimestamp"])),
        forbidden=(event.get("annotations") or {}).get("authorization.k8s.io/decision") == "forbid",
    )
