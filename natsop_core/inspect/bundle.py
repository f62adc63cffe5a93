"""`natsop report`: the files of a bundle for a support ticket. It never requests the values of Secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.inspect.doctor import checks
from natsop_core.inspect.installations import pods_for
from natsop_core.inspect.overview import overview, pods_of, states_of
from natsop_core.inspect.redact_object import redacted, secrets_of
from natsop_core.inspect.redact_text import without_credentials
from natsop_core.inspect.screen import checks_screen, status_screen
from natsop_core.inspect.view import Request, list_of, path_of
from natsop_core.kinds import CLAIMS, CREATED, PODS, SECRETS, ApiResource

if TYPE_CHECKING:
    from natsop_core.inspect.target import Target
    from natsop_core.inspect.view import Object, View

MOST_PODS: Final = 10
MOST_OPERATORS: Final = 3
LOG_LINES: Final = 3_000
LOG_BYTES: Final = 1_000_000

CORE_EVENTS: Final = ApiResource("v1", "Event", "events")

README: Final = """\
Created by `natsop report` {version} for {target} at {now:%Y-%m-%dT%H:%M:%SZ}.

summary.txt       output of `natsop status`         objects/      the resource and its objects
doctor.txt        output of `natsop doctor`         servers/      answers of the servers' monitoring
not-known.txt     failed requests, with reasons     logs/         last {lines} lines of servers and operator

Secrets are included without their data. Values of environment variables, annotations and arguments that users can
set, and everything in nats.conf that is not known to be harmless, are masked. Logs are unchanged, except that text
that looks like a JWT, a key or a password is masked: check them before you send this bundle to others.
"""


def bundle(target: Target, view: View, version: str) -> dict[str, Any] | None:
    """The files by path: texts, or objects to write as YAML. None if the resource does not exist."""
    found = overview(target, view)
    resource = view.object(target.request, str(target))
    if found is None or resource is None:
        return None
    made = [each.as_dict() for each in checks(target, target.namespace, view)]
    pods = pods_of(target, view)
    children = dict(_children(target, view))
    claims = view.items(list_of(CLAIMS, target.namespace, target.selector), "PersistentVolumeClaims")
    known = [resource, *(each for objects in children.values() for each in objects), *pods]
    secrets = sorted(frozenset().union(*map(secrets_of, known)), key=len, reverse=True)
    events = _events([target.name, *(each["metadata"]["name"] for each in (*known, *claims))], target, view)
    texts = {
        "README.txt": README.format(version=version, target=target, now=view.now, lines=LOG_LINES),
        "summary.txt": status_screen(found),
        "doctor.txt": checks_screen(made, view.failures),
        **dict(_logs(pods, pods_for(target.namespace, view), view)),
        "not-known.txt": "".join(f"{what}: {reason}\n" for what, reason in view.failures.items()),
    }
    return {
        **{path: without_credentials(text, secrets) for path, text in texts.items()},
        f"objects/{target.resource.kind}.yaml": [redacted(resource)],
        **{f"objects/{kind}.yaml": [redacted(each) for each in objects] for kind, objects in children.items()},
        "objects/Pod.yaml": [redacted(each) for each in pods],
        "objects/PersistentVolumeClaim.yaml": [redacted(each) for each in claims],
        "objects/Event.yaml": [redacted(each) for each in events],
        **{
            f"servers/{state.pod}.yaml": [
                redacted({"varz": state.variables, "jsz": _without_settings(state.jetstream)})
            ]
            for state in states_of(target, view)
        },
    }


def _without_settings(jsz: Object) -> dict[str, Any]:
    """Drop the configurations of streams and consumers: users may store any metadata there."""
    return {key: _without_config(value) if key == "account_details" else value for key, value in jsz.items()}


def _without_config(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_config(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _without_config(each) for key, each in value.items() if key != "config"}
    return value


def _children(target: Target, view: View) -> Iterator[tuple[str, tuple[Object, ...]]]:
    for kind in CREATED:
        what = f"{kind.plural} of {target.name}"
        request = list_of(kind, target.namespace, target.selector, metadata_only=kind == SECRETS)
        objects = tuple({"kind": kind.kind, **_without_data(kind, each)} for each in view.items(request, what))
        if objects:
            yield kind.kind, objects


def _without_data(kind: ApiResource, obj: Object) -> Mapping[str, Any]:
    """Drop the data of a Secret: it is not requested, but an API server might send it."""
    return {"metadata": obj["metadata"]} if kind == SECRETS else obj


def _events(about: list[str], target: Target, view: View) -> list[Object]:
    """The events about the resource and its objects."""
    events = view.items(list_of(CORE_EVENTS, target.namespace), "events")
    return [each for each in events if (each.get("involvedObject") or {}).get("name") in about]


def _logs(pods: tuple[Object, ...], operators: tuple[Object, ...], view: View) -> Iterator[tuple[str, str]]:
    for folder, some in (("logs", pods[:MOST_PODS]), ("logs/operator", operators[:MOST_OPERATORS])):
        for pod in some:
            for status in pod.get("status", {}).get("containerStatuses", ()):
                yield from _logs_of(folder, pod["metadata"], status, view)


def _logs_of(folder: str, pod: Object, status: Object, view: View) -> Iterator[tuple[str, str]]:
    container = status["name"]
    base = f"{path_of(PODS, pod['namespace'], pod['name'])}/log?container={container}"
    bounds = f"&tailLines={LOG_LINES}&limitBytes={LOG_BYTES}"
    for suffix, extra in (("", ""), *((("-previous", "&previous=true"),) if status.get("restartCount") else ())):
        what = f"log of {pod['name']}, {container}{suffix}"
        yield f"{folder}/{pod['name']}-{container}{suffix}.log", view.text(Request(f"{base}{bounds}{extra}"), what)
