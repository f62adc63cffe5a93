"""natsop restart: replace the pods one by one, as `kubectl rollout restart` does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from natsop_core.times import timestamp
from natsop_runtime.cli.remote import Remote, add_target
from natsop_runtime.cli.remote import add_parser as add_remote_parser

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"

EXAMPLES: Final = """\
examples:
  %(prog)s my-nats
  %(prog)s box/my-box -n prod

Sets the annotation kubectl.kubernetes.io/restartedAt on the pod template, as `kubectl rollout restart` does; the
operator leaves it alone. Kubernetes replaces a pod when the one before it is ready again. The one server of a cluster
of one is away meanwhile.

exit code: 0 done, 1 refused, 2 wrong usage
"""


def add_parser(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = add_remote_parser(
        commands,
        "restart",
        help_="restart the servers one by one",
        about="Replace the pods of a NatsCluster or NatsBox, one by one.",
        examples=EXAMPLES,
    )
    add_target(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Annotate the pod template."""
    remote = Remote(arguments)
    target = remote.target(arguments)
    key = target.workload.key(target.namespace, target.workload_name)
    annotations = {RESTARTED_AT: timestamp(datetime.now(UTC))}
    remote.change(target.workload, key, {"spec": {"template": {"metadata": {"annotations": annotations}}}})
    workload = f"{target.workload.kind.lower()}/{target.workload_name}"
    print(f"{workload} is restarted. To wait for it: kubectl rollout status {workload} -n {target.namespace}")
    return 0
