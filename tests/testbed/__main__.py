"""The testbed's commands for people; see --help."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from tests.testbed import isolation, newest_python, outside, people
from tests.testbed.build import group_of
from tests.testbed.errors import CannotRunError, TestbedError
from tests.testbed.fetchers import Size, fetch_for

EXAMPLES = """\
examples:
  python -m tests.testbed up                       start a cluster and leave it running
  python -m tests.testbed exec kubectl get pods -A
  python -m tests.testbed shell                    look around in it; kubectl, ctr and nats are on PATH
  python -m tests.testbed down
  python -m tests.testbed run -- pytest tests/cluster   a cluster for one command, with its exit status
  python -m tests.testbed build                    only fetch and build what is missing
  python -m tests.testbed newest -- python -m pytest tests/unit   on the Python of the operator's image
  python -m tests.testbed tool helm                the path of one tool, built if it is missing
  python -m tests.testbed possible                 can a cluster run on this machine? if not, why not
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    own, command = _split(sys.argv[1:] if argv is None else list(argv))
    options = _parser().parse_args(own)
    try:
        return _dispatch(options, command)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except TestbedError as error:
        print(f"testbed: {error}", file=sys.stderr)
        return 1


def _dispatch(options: argparse.Namespace, command: list[str]) -> int:
    size = "control-plane" if options.control_plane else "node"
    match options.what:
        case "build":
            return _build(options)
        case "tool":
            return _tool(command)
        case "newest":
            return _newest(command)
        case "possible":
            isolation.require_possible()
            return 0
        case "run":
            return outside.run(size, command or people.SHELL, people.DEMO if options.demo else "run")
        case "up":
            return people.up(size)
        case "down":
            return people.down()
        case "shell":
            return people.execute(people.SHELL)
        case _:
            return people.execute(command or people.SHELL)


def _build(options: argparse.Namespace) -> int:
    if options.servers:
        fetch_for(Size.SERVERS)
    elif options.control_plane:
        fetch_for(Size.CONTROL_PLANE)
    else:
        outside.prepare("node")
    return 0


def _newest(command: list[str]) -> int:
    """Where that Python cannot be had, this is told and is no failure, unless everything is supposed to run."""
    try:
        return newest_python.run(command)
    except CannotRunError as error:
        print(f"testbed: not run: {error}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0


def _tool(names: list[str]) -> int:
    for name in names:
        built = group_of(name).built([name])
        built.fetch()
        print(built.file(name))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.testbed",
        usage="%(prog)s [-h] {up,down,shell,exec,run,newest,build,tool,possible} [options] [[--] command]",
        description="A real one-node Kubernetes in namespaces of its own, on this machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["up", "down", "shell", "exec", "run", "newest", "build", "tool", "possible"])
    parser.add_argument("--control-plane", action="store_true", help="no node: etcd, API server, controller manager")
    parser.add_argument("--demo", action="store_true", help="run: `exec` and `shell` find it when nothing is up")
    parser.add_argument("--servers", action="store_true", help="build: no Kubernetes, only nats-server of all versions")
    return parser


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and the command after them, with or without "--" between; its options are not for argparse."""
    end = 1
    while end < len(argv) and argv[end].startswith("-") and argv[end] != "--":
        end += 1
    command = argv[end:]
    return argv[:end], command[1:] if command[:1] == ["--"] else command


if __name__ == "__main__":
    sys.exit(main())
