"""natsop report: a bundle for a support ticket, without Secrets."""

from __future__ import annotations

import io
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from natsop_runtime.cli.remote import Remote, add_target, not_found
from natsop_runtime.cli.remote import add_parser as add_remote_parser
from natsop_runtime.cli.sources import InputError
from natsop_runtime.version import natsop_version

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Mapping

EXAMPLES: Final = """\
examples:
  %(prog)s my-nats
  %(prog)s my-nats -n prod --output-file my-nats.tar.gz

The bundle has the resource, what was made for it, pods, events, what the servers say, the checks of `natsop doctor`,
and the last lines of the logs of servers and operator. The values of Secrets are never read; passwords, tokens and
JWTs in configurations and environment variables are masked. What may not be read is listed in not-known.txt.

exit code: 0 done, 1 the resource cannot be read, 2 wrong usage
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = add_remote_parser(
        commands,
        "report",
        help_="write a bundle for a support ticket, without Secrets",
        about="Write the state of a NatsCluster or NatsBox into a tar.gz file, without Secrets.",
        examples=EXAMPLES,
    )
    add_target(parser)
    parser.add_argument("--output-file", type=Path, metavar="PATH", help="default: natsop-report-….tar.gz")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Write the bundle."""
    from natsop_core.inspect.bundle import bundle  # noqa: PLC0415 (builds the CRDs' schemas)

    remote = Remote(arguments)
    target = remote.target(arguments)
    files, view = remote.look(lambda view: bundle(target, view, natsop_version()))
    if files is None:
        raise not_found(target, view)
    now = datetime.now(UTC)
    name = f"natsop-report-{target.namespace}-{target.name}-{now:%Y%m%d-%H%M%S}"
    path = arguments.output_file or Path(f"{name}.tar.gz")
    _write(path, _archive(name, files, int(now.timestamp())))
    print(f"{path}: {len(files)} files; look through them before you send them to others.")
    for what, reason in view.failures.items():
        print(f"not in it: {what}: {reason}")
    return 0


def _archive(folder: str, files: Mapping[str, Any], time: int) -> bytes:
    from natsop_runtime.yaml.writer import to_yaml  # noqa: PLC0415

    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, value in sorted(files.items()):
            text = value if isinstance(value, str) else to_yaml(value)
            data = text.encode("utf-8", "replace")
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size, member.mtime, member.mode = len(data), time, 0o600
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Readable for this user alone."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
