"""The text output of `natsop status` and `natsop doctor`, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from natsop_core.inspect.settling import first_reasons

WIDTH: Final = 100
MOST_STREAMS: Final = 15
_MARKS: Final = {"problem": "✗", "warning": "!", "ok": "✓", "unknown": "?"}


def status_screen(found: Mapping[str, Any]) -> str:
    """One screen: the head, problems, servers, JetStream, conditions, failed requests."""
    return "\n".join(
        line.rstrip()
        for part in (
            _head(found),
            _problems(found["problems"]),
            _pods(found),
            _jetstream(found["jetStream"]),
            _conditions(found["conditions"]),
            _not_known(found["notKnown"]),
        )
        for line in part
    )


def checks_screen(checks: Sequence[Mapping[str, Any]], not_known: Mapping[str, str]) -> str:
    """Every check, with its result and remedy."""
    lines: list[str] = []
    for each in checks:
        lines += marked(each["outcome"], f"{each['check']}: {each['message']}")
        if each["remedy"]:
            lines += _indented(f"→ {each['remedy']}")
    counts = {outcome: sum(each["outcome"] == outcome for each in checks) for outcome in _MARKS}
    failed = [f"{count} {_plural(outcome, count)}" for outcome, count in counts.items() if count and outcome != "ok"]
    lines += ["", f"{counts['ok']} of {len(checks)} checks passed{''.join(f', {each}' for each in failed)}."]
    return "\n".join([*lines, *_not_known(not_known)])


def _plural(outcome: str, count: int) -> str:
    return outcome if outcome == "unknown" or count == 1 else f"{outcome}s"


def marked(outcome: str, text: str) -> list[str]:
    """The text after the mark of its outcome."""
    return _wrapped(text, f"{_MARKS[outcome]} ", "  ") or [_MARKS[outcome]]


def _head(found: Mapping[str, Any]) -> Iterator[str]:
    ready = next((each for each in found["conditions"] if each["type"] == "Ready"), None)
    state = f"Ready: {ready['status']} ({ready['reason']})" if ready else "not reported yet"
    marks = "".join(f", {word}" for word in ("paused", "deleting") if found[word])
    yield f"{found['kind']} {found['namespace']}/{found['name']}   {state}{marks}"
    quorum = found["quorum"]
    if quorum["wanted"]:
        word = "Quorum" if found["kind"] == "NatsCluster" else "Pods"
        holds = "" if quorum["holds"] else "  LOST"
        yield f"  {word + ':':12}{quorum['ready']} of {quorum['wanted']} ready, {quorum['needed']} needed{holds}"
        yield from _settled(found)
    if found["version"]:
        yield f"  {'Version:':12}{found['version']}"
    if found["endpoints"]:
        yield f"  {'Clients:':12}{found['endpoints'].get('client', '')}"
    if found["nextExpiry"]:
        yield f"  {'Expiry:':12}{found['nextExpiry']} (earliest of certificates, JWTs and credentials)"


def _settled(found: Mapping[str, Any]) -> Iterator[str]:
    if found["settled"] is not None:
        text = "yes" if found["settled"] else f"no: {first_reasons(found)}"
        yield from _wrapped(text, f"  {'Settled:':12}", " " * 14)


def _problems(problems: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield ""
    if not problems:
        yield "No problems found."
    for each in problems:
        yield from marked(each["level"], f"{each['reason']}: {each['message']}")
        if each["remedy"]:
            yield from _indented(f"→ {each['remedy']}")


def _pods(found: Mapping[str, Any]) -> Iterator[str]:
    rows = found["servers"]
    if not rows:
        return
    yield ""
    if found["kind"] != "NatsCluster":
        yield from table(
            ("POD", "READY", "RESTARTS", "NODE"),
            [(row["pod"], _yes(row["ready"]), row["restarts"], row["node"]) for row in rows],
        )
        return
    yield from table(
        ("SERVER", "READY", "RESTARTS", "VERSION", "HEALTH", "CLIENTS", "ROUTES", "MEMORY", "STORED"),
        [
            (
                row["pod"],
                _yes(row["ready"]),
                row["restarts"],
                row["version"] or "-",
                row["health"] if row["health"] == "ok" else ("unknown" if not row["answers"] else "FAILS"),
                row["clients"],
                row["routes"],
                _bytes(row["memory"]),
                _of(row["storage"], row["maxStorage"]),
            )
            for row in rows
        ],
    )


def _jetstream(jetstream: Mapping[str, Any] | None) -> Iterator[str]:
    if jetstream is None:
        return
    meta, streams = jetstream["metaGroup"], jetstream["streams"]
    yield ""
    group = ""
    if meta is not None:
        away = len(meta["offline"])
        peers = f"{meta['size'] - away} of {meta['size']} members online"
        group = f"meta leader {meta['leader'] or 'UNKNOWN'}, {peers}, "
    yield f"JetStream   {group}{len(streams)} stream{'' if len(streams) == 1 else 's'}"
    rows = [
        (
            each["account"],
            each["stream"],
            f"{'?' if each['current'] is None else each['current']} of {each['replicas']}",
            each["leader"] or "-",
            each["messages"],
            _bytes(each["bytes"]),
            each["problem"] or "ok",
        )
        for each in streams[:MOST_STREAMS]
    ]
    if rows:
        yield from table(("ACCOUNT", "STREAM", "CURRENT", "LEADER", "MESSAGES", "SIZE", "STATE"), rows)
    if len(streams) > MOST_STREAMS:
        yield f"… and {len(streams) - MOST_STREAMS} more; `-o json` has all of them."


def _conditions(conditions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if conditions:
        yield ""
        yield from table(
            ("CONDITION", "STATUS", "REASON", "SINCE"),
            [
                (each.get("type"), each.get("status"), each.get("reason"), each.get("lastTransitionTime"))
                for each in conditions
            ],
        )


def _not_known(not_known: Mapping[str, str]) -> Iterator[str]:
    """The failed requests, each reason once."""
    by_reason: dict[str, list[str]] = {}
    for what, reason in not_known.items():
        by_reason.setdefault(reason.replace(what.rpartition(" ")[2], "NAME"), []).append(what)
    if by_reason:
        yield ""
        yield "Unknown:"
    for reason, things in by_reason.items():
        shown = f"{', '.join(things[:5])}{' …' if len(things) > 5 else ''}"
        yield from _wrapped(f"{shown}: {reason}", "  ", "    ")
        if "pods/proxy" in reason:
            yield from _indented(
                '→ Servers are queried through the API server, which needs the right "get pods/proxy".'
            )


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """A table whose columns fit their content; if the table is too wide, the widest columns are cut."""
    texts = [tuple(head), *(tuple("-" if cell is None else str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    while sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widths[widths.index(max(widths))] -= 1
    for row in texts:
        yield "  ".join(_cut(cell, width).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _indented(text: str) -> list[str]:
    return _wrapped(text, "  ", "    ")


def _wrapped(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def _yes(value: object) -> str:
    return "yes" if value else "NO"


def _of(used: object, most: object) -> str:
    return f"{_bytes(used)} of {_bytes(most)}" if isinstance(most, int) and most > 0 else _bytes(used)


def _bytes(number: object) -> str:
    if not isinstance(number, int):
        return "-"
    amount, units = float(number), ["", "Ki", "Mi", "Gi", "Ti", "Pi"]
    while abs(amount) >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{amount:.0f}" if not units[0] else f"{amount:.1f}{units[0]}"
