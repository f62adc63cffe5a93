"""What a pod of a rendered StatefulSet sees: its files, environment and arguments, as the kubelet makes them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Object = Mapping[str, Any]
Content = Mapping[str, bytes]

_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")

POD_FIELDS = {
    "metadata.namespace": "prod",
    "metadata.uid": "6b1d7a2e-0000-4000-8000-000000000000",
    "spec.nodeName": "node",
    "spec.serviceAccountName": "default",
    "status.hostIP": "10.0.0.1",
    "status.podIP": "10.0.0.2",
}
"""What the downward API says of the pod, apart from its name."""


@dataclass(frozen=True)
class Layout:
    """A container from inside: every mounted folder with its files (their content by path), and how it is started."""

    folders: Mapping[str, Content]
    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    ports: Mapping[str, int]

    def write(self, root: Path) -> None:
        """Lay the folders out under `root`. Files that are there already are replaced, none is removed."""
        for folder, files in self.folders.items():
            (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                path = root / folder.lstrip("/") / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def texts(self) -> dict[str, str]:
        """All files by their whole path, as nats-server reads them."""
        return {
            f"{folder}/{name}": content.decode("utf-8", "surrogateescape")
            for folder, files in self.folders.items()
            for name, content in files.items()
        }


def lay_out(objects: Iterable[Object], *, container: str = "nats", ordinal: int = 0) -> Layout:
    """The container of one pod of the only StatefulSet among the objects. The others are what it may mount."""
    everything = list(objects)
    [stateful_set] = [each for each in everything if each["kind"] == "StatefulSet"]
    pod = stateful_set["spec"]["template"]["spec"]
    [started] = [each for each in pod["containers"] if each["name"] == container]
    at_hand = {(each["kind"], each["metadata"]["name"]): each for each in everything}
    volumes = {each["name"]: _content(each, at_hand) for each in pod["volumes"]}
    volumes |= {each["metadata"]["name"]: {} for each in stateful_set["spec"].get("volumeClaimTemplates", [])}
    environment = _environment(started, f"{stateful_set['metadata']['name']}-{ordinal}", at_hand)
    assert not any("subPath" in mount for mount in started["volumeMounts"]), "a subPath is never updated"
    return Layout(
        folders={mount["mountPath"]: volumes[mount["name"]] for mount in started["volumeMounts"]},
        environment=environment,
        arguments=tuple(expanded(argument, environment) for argument in started.get("args", [])),
        ports={port["name"]: port["containerPort"] for port in started.get("ports", [])},
    )


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """`$(NAME)` replaced where the name is known; `$$` is a dollar sign (kubernetes/third_party/forked/golang)."""
    return _REFERENCE.sub(lambda found: "$" if found[0] == "$$" else variables.get(found[1], found[0]), text)


_Objects = Mapping[tuple[str, str], Object]


def _content(volume: Object, at_hand: _Objects) -> Content:
    match volume:
        case {"secret": source}:
            return _projected({**source, "name": source["secretName"]}, "Secret", at_hand)
        case {"configMap": source}:
            return _projected(source, "ConfigMap", at_hand)
        case {"projected": {"sources": sources}}:
            parts = [_source(source, at_hand) for source in sources]
            names = [name for part in parts for name in part]
            assert len(set(names)) == len(names), f"two projected files have one path: {names}"
            return {name: content for part in parts for name, content in part.items()}
        case {"emptyDir": _}:
            return {}
    raise AssertionError(f"nobody here knows how to mount {volume}")


def _source(source: Object, at_hand: _Objects) -> Content:
    [kind] = source
    return _projected(source[kind], {"secret": "Secret", "configMap": "ConfigMap"}[kind], at_hand)


def _projected(source: Object, kind: str, at_hand: _Objects) -> Content:
    """All keys of an object, or those that are asked for under the paths that are."""
    optional = source.get("optional", False)
    found = at_hand.get((kind, source["name"]))
    assert found or optional, f"the pod would wait for {kind} {source['name']}, which it mounts"
    data = data_of(found) if found else {}
    if "items" not in source:
        return data
    wanted = {item["path"]: item["key"] for item in source["items"]}
    absent = sorted(set(wanted.values()) - data.keys())
    assert optional or not absent, f"the pod would wait for the keys {absent} of {kind} {source['name']}"
    return {path: data[key] for path, key in wanted.items() if key in data}


def data_of(obj: Object) -> dict[str, bytes]:
    """The files that a Secret or ConfigMap makes when it is mounted."""
    text = {**(obj.get("data") or {}), **(obj.get("stringData") or {})}
    if obj["kind"] == "Secret":
        plain = obj.get("stringData") or {}
        return {key: plain[key].encode() if key in plain else base64.b64decode(value) for key, value in text.items()}
    binary = {key: base64.b64decode(value) for key, value in (obj.get("binaryData") or {}).items()}
    return {key: value.encode() for key, value in text.items()} | binary


def _environment(container: Object, pod: str, at_hand: _Objects) -> dict[str, str]:
    variables: dict[str, str] = {}
    for source in container.get("envFrom", []):
        variables |= _variables_from(source, at_hand)
    for entry in container.get("env", []):
        value = _value_of(entry, pod, at_hand, variables)
        if value is not None:
            variables[entry["name"]] = value
    return variables


def _variables_from(source: Object, at_hand: _Objects) -> Iterator[tuple[str, str]]:
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if field in source and (found := at_hand.get((kind, source[field].get("name", "")))):
            yield from ((source.get("prefix", "") + key, value.decode()) for key, value in data_of(found).items())


def _value_of(entry: Object, pod: str, at_hand: _Objects, before: Mapping[str, str]) -> str | None:
    """None where the value comes from an object that is not at hand, as if that were optional."""
    match entry.get("valueFrom") or {}:
        case {"fieldRef": {"fieldPath": path}}:
            return {**POD_FIELDS, "metadata.name": pod}.get(path, "")
        case {"secretKeyRef": source}:
            found = at_hand.get(("Secret", source.get("name", "")))
        case {"configMapKeyRef": source}:
            found = at_hand.get(("ConfigMap", source.get("name", "")))
        case {"resourceFieldRef": _}:
            return "1"
        case _:
            return expanded(entry.get("value", ""), before)
    value = data_of(found).get(source["key"]) if found else None
    return None if value is None else value.decode()
