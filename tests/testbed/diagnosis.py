"""What a person wants to see of a namespace in which a test has failed: resources' conditions, pods, events, logs."""

from collections.abc import Callable

from tests.testbed.client import ApiError, Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.errors import TestbedError
from tests.testbed.namespace import Namespace

OUR_KINDS = ("NatsCluster", "NatsBox")
LOG_LINES = 40


def of_namespace(namespace: Namespace) -> str:
    """A text in sections; a part that cannot be had says why and does not hide the others."""
    parts: list[Callable[[Namespace], list[str]]] = [_our_resources, _pods, _claims, _events, _logs]
    lines: list[str] = []
    for part in parts:
        try:
            lines += part(namespace)
        except (ApiError, TestbedError) as error:
            lines.append(f"({part.__name__.strip('_')}: {error})")
    return "\n".join(lines)


def of_control_plane(plane: ControlPlane) -> str:
    """Which components run, and the log's end of those that do not."""
    return "\n".join(
        f"{component.name} runs" if component.running else f"{component.name} does NOT run\n{component.log_tail()}"
        for component in plane.components
    )


def _our_resources(namespace: Namespace) -> list[str]:
    lines = []
    for kind in OUR_KINDS:
        try:
            present = namespace.client.list(kind)
        except LookupError:
            continue  # the CRD is not installed in this cluster
        for found in present:
            lines.append(f"{kind} {found['metadata']['name']}, generation {found['metadata']['generation']}:")
            for key, value in found.get("status", {"status": "none"}).items():
                lines += (
                    [f"  {key}:", *(f"    {each}" for each in value)] if key == "conditions" else [f"  {key}: {value}"]
                )
    return lines


def _pods(namespace: Namespace) -> list[str]:
    lines = ["Pods:"]
    for pod in namespace.client.list("Pod"):
        status = pod["status"]
        lines.append(f"  {pod['metadata']['name']}: {status.get('phase')} {status.get('message', '')}")
        lines += [
            f"    not {c['type']}: {c.get('message', '')}"
            for c in status.get("conditions", [])
            if c["status"] != "True"
        ]
        for container in _containers(pod):
            lines.append(f"    {container['name']}: {container['restartCount']} restarts, {container['state']}")
            if container.get("lastState"):
                lines.append(f"      before: {container['lastState']}")
    return lines


def _claims(namespace: Namespace) -> list[str]:
    claims = namespace.client.list("PersistentVolumeClaim")
    return [f"Claim {claim['metadata']['name']}: {claim['status'].get('phase')}" for claim in claims]


def _events(namespace: Namespace) -> list[str]:
    events = namespace.client.list("Event")
    events.sort(key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
    return ["Events:", *(_event(event) for event in events[-60:])]


def _event(event: Manifest) -> str:
    subject, when = event["involvedObject"], event.get("lastTimestamp") or event.get("eventTime")
    what = f"{event.get('type')} {event.get('reason')} {subject.get('kind')}/{subject.get('name')}"
    return f"  {when} {what} x{event.get('count', 1)}: {event.get('message', '')}"


def _logs(namespace: Namespace) -> list[str]:
    lines = []
    for pod in namespace.client.list("Pod"):
        for container in _containers(pod):
            for previous in (True, False) if container["restartCount"] else (False,):
                lines += _log(namespace, pod["metadata"]["name"], container["name"], previous=previous)
    return lines


def _log(namespace: Namespace, pod: str, container: str, *, previous: bool) -> list[str]:
    title = f"Log of {pod} {container}{' before its restart' if previous else ''}:"
    try:
        text = namespace.logs(pod, container, previous=previous, lines=LOG_LINES)
    except ApiError as error:
        text = f"({error})"
    return [title, *(f"  {line}" for line in text.splitlines())]


def _containers(pod: Manifest) -> list[Manifest]:
    status = pod["status"]
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
