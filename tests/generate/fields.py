"""The reference of all fields of NatsCluster and NatsBox, from their CustomResourceDefinitions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from natsop_core.crd import custom_resource_definitions
from tests.generate.chart import ROOT

Schema = dict[str, Any]

PAGE: Final = ROOT / "docs" / "reference" / "fields.md"

_INTRODUCTION: Final = """\
# Fields

Every field of the spec of NatsCluster and NatsBox, with its type, its default and the rules that the API server checks.
A type such as *object (Kubernetes)* has the fields of the Kubernetes API. `kubectl explain natscluster.spec` shows the
same in a terminal. This page is generated from the CustomResourceDefinitions.
"""


def files() -> Iterator[tuple[Path, str]]:
    """The reference page."""
    kinds = sorted(custom_resource_definitions(), key=lambda each: each["spec"]["names"]["kind"], reverse=True)
    yield PAGE, _INTRODUCTION + "".join(_kind(definition) for definition in kinds)


def _kind(definition: Schema) -> str:
    names = definition["spec"]["names"]
    root = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    spec, prefix = root["properties"]["spec"], names["kind"].lower()
    rules = [*_messages(root), *_messages(root["properties"]["metadata"]["properties"]["name"], "metadata.name ")]
    heading = f"\n## {names['kind']}\n\n{root['description']} Short name: `{names['shortNames'][0]}`.\n{_list(rules)}"
    return heading + "".join(_block(prefix, "spec", spec))


def _block(prefix: str, path: str, schema: Schema) -> Iterator[str]:
    """The section about an object, and those about the objects in it."""
    required = schema.get("required", ())
    rows = [_row(prefix, path, name, each, name in required) for name, each in schema["properties"].items()]
    yield f"\n### `{path}` {{ #{_anchor(prefix, path)} }}\n\n{schema.get('description', '')}\n"
    yield _list(_messages(schema))
    yield "\n".join(["\n| field | type | default | description and rules |", "| --- | --- | --- | --- |", *rows, ""])
    for name, each in schema["properties"].items():
        inner, suffix = _inner(each)
        if _is_ours(inner):
            yield from _block(prefix, f"{path}.{name}{suffix}", inner)


def _row(prefix: str, path: str, name: str, schema: Schema, required: bool) -> str:
    inner, suffix = _inner(schema)
    shown = f"`{name}`"
    if _is_ours(inner):
        shown = f"[{shown}](#{_anchor(prefix, f'{path}.{name}{suffix}')})"
    default = "required" if required else f"`{json.dumps(schema['default'])}`" if "default" in schema else ""
    rules = [] if _is_ours(inner) else [*_messages(inner)]
    outer = [] if inner is schema else [*_messages(schema)]
    about = " ".join(
        [schema.get("description", ""), *_limits(schema), *(f"Rule: {each}." for each in (*outer, *rules))]
    )
    return f"| {shown} | {_cell(_type(schema))} | {_cell(default)} | {_cell(about)} |"


def _inner(schema: Schema) -> tuple[Schema, str]:
    """What a list or map has in it, with the mark for that in a path; else the field itself."""
    if isinstance(schema.get("items"), dict):
        return schema["items"], "[]"
    if isinstance(schema.get("additionalProperties"), dict):
        return schema["additionalProperties"], "{}"
    return schema, ""


def _is_ours(schema: Schema) -> bool:
    """Whether its fields are described here; those of the Kubernetes API are not."""
    return any("description" in each for each in schema.get("properties", {}).values())


def _type(schema: Schema) -> str:
    inner, suffix = _inner(schema)
    if suffix:
        return f"{'list' if suffix == '[]' else 'map'} of {_type(inner)}"
    if schema.get("x-kubernetes-int-or-string"):
        return "integer or string"
    kubernetes = " (Kubernetes)" if schema.get("properties") and not _is_ours(schema) else ""
    return f"{schema.get('type', 'any')}{kubernetes}"


def _limits(schema: Schema) -> Iterator[str]:
    values = [json.dumps(each) for each in schema.get("enum", ()) if each != ""]
    if values:
        yield f"One of {', '.join(f'`{each}`' for each in values)}."
    if "pattern" in schema:
        yield f"Matches `{schema['pattern']}`."


def _messages(schema: Schema, prefix: str = "") -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", ()):
        yield f"{prefix}{rule['message']}"


def _list(rules: list[str] | Iterator[str]) -> str:
    rows = "".join(f"- {rule}\n" for rule in rules)
    return f"\nRules:\n\n{rows}" if rows else ""


def _anchor(prefix: str, path: str) -> str:
    return f"{prefix}-{path}".replace("[]", "").replace("{}", "").replace(".", "-").lower()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
