"""Refreshes what natsop vendors of Kubernetes' OpenAPI: `python -m tests.testbed.refresh_openapi`.

Asks the testbed's kube-apiserver for /openapi/v3 and writes, of the kinds that the operator makes and all that they
are made of, the structure without the prose to `openapi.json` and TypedDicts to `types.py` in natsop_core/kubernetes.
"""

import json
import keyword
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import natsop_core.kubernetes
from tests.testbed.client import Client
from tests.testbed.control_plane import ControlPlane

PACKAGE: Final = Path(natsop_core.kubernetes.__path__[0])
KINDS: Final = (
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "Deployment"),
    ("policy/v1", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "Ingress"),
)
KEPT: Final = (
    "type",
    "format",
    "enum",
    "required",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
)
UNIONS: Final = {"Quantity": {"format": "quantity"}, "IntOrString": {"format": "int-or-string"}}
"""The two types that OpenAPI can only describe as a choice of others."""

Schema = Mapping[str, Any]


def document_path(api_version: str) -> str:
    """Where the API server serves the OpenAPI document of a group and version."""
    return f"/openapi/v3/{'apis' if '/' in api_version else 'api'}/{api_version}"


def vendored(documents: Mapping[str, Schema], version: str) -> dict[str, Any]:
    """What `openapi.json` holds: the kinds and every type within reach of them, by their short names.

    `documents` has the OpenAPI document of each apiVersion in KINDS.
    """
    types: dict[str, Any] = {}
    origins: dict[str, str] = {}
    kinds = {}
    for api_version, kind in KINDS:
        schemas = documents[api_version]["components"]["schemas"]
        pending = [_full_name(schemas, api_version, kind)]
        kinds[f"{api_version}/{kind}"] = _short(pending[0])
        while pending:
            full = pending.pop()
            if origins.setdefault(_short(full), full) != full:
                raise SystemExit(f"{full} and {origins[_short(full)]} would share a short name")
            if _short(full) not in types:
                types[_short(full)] = UNIONS.get(_short(full)) or _bare(schemas[full])
                pending += _references(schemas[full])
    return {"version": version, "kinds": kinds, "types": dict(sorted(types.items()))}


def _full_name(schemas: Schema, api_version: str, kind: str) -> str:
    group, _, version = api_version.rpartition("/")
    wanted = {"group": group, "version": version, "kind": kind}
    return next(name for name, schema in schemas.items() if wanted in schema.get("x-kubernetes-group-version-kind", ()))


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _bare(schema: Schema) -> dict[str, Any]:
    """A schema's structure, a reference as its short name."""
    if reference := _reference(schema):
        return {"$ref": _short(reference)}
    bare: dict[str, Any] = {key: schema[key] for key in KEPT if key in schema}
    if "items" in schema:
        bare["items"] = _bare(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        bare["additionalProperties"] = _bare(schema["additionalProperties"])
    if "properties" in schema:
        required = schema.get("required", ())
        bare["properties"] = {
            name: _bare(part) | _default(part, required=name in required) for name, part in schema["properties"].items()
        }
    return bare


def _default(schema: Schema, *, required: bool) -> dict[str, Any]:
    """The default that the API server fills in; those of required fields and of structs only say Go's zero value."""
    default = schema.get("default", {})
    return {} if required or default == {} else {"default": default}


def _reference(schema: Schema) -> str | None:
    alternatives = schema.get("allOf", ())
    reference: str | None = (alternatives[0] if alternatives else schema).get("$ref")
    return reference and reference.rpartition("/")[2]


def _references(schema: Schema) -> Iterable[str]:
    if reference := _reference(schema):
        yield reference
    for part in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(part, dict):
            yield from _references(part)


PYTHON_TYPES: Final = {"string": "str", "integer": "int", "boolean": "bool", "number": "float"}


def typed_dicts(openapi: Schema) -> str:
    """The source text of `types.py`."""
    lines = [
        '"""The Kubernetes objects that the operator makes, as TypedDicts. Import under TYPE_CHECKING only.',
        "",
        f"Generated from kube-apiserver {openapi['version']} by tests/testbed/refresh_openapi.py. Do not edit.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Any, Literal, TypedDict",
        "",
        "Quantity = int | str",
        "IntOrString = int | str",
    ]
    kinds = {type_name: key for key, type_name in openapi["kinds"].items()}
    for name, schema in openapi["types"].items():
        if name in UNIONS:
            continue
        if "properties" not in schema:
            lines += ["", f"{name} = {_python_type(schema)}"]
            continue
        constants = {}
        if name in kinds:
            api_version, _, kind = kinds[name].rpartition("/")
            constants = {"apiVersion": f'Literal["{api_version}"]', "kind": f'Literal["{kind}"]'}
        lines += ["", "", f"class {name}(TypedDict, total=False):"]
        for field, part in schema["properties"].items():
            if keyword.iskeyword(field) or not field.isidentifier():
                raise SystemExit(f"{name}.{field} cannot be a field of a class")
            lines.append(f"    {field}: {constants.get(field) or _python_type(part)}")
    return "\n".join(lines) + "\n"


def _python_type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return "Literal[" + ", ".join(json.dumps(word) for word in schema["enum"]) + "]"
    if "items" in schema:
        return f"list[{_python_type(schema['items'])}]"
    if "additionalProperties" in schema:
        return f"dict[str, {_python_type(schema['additionalProperties'])}]"
    return PYTHON_TYPES.get(schema.get("type", ""), "dict[str, Any]" if schema.get("type") == "object" else "Any")


def served(client: Client) -> dict[str, Any]:
    """What an API server would have `openapi.json` hold."""
    documents = {api_version: client.request("GET", document_path(api_version)) for api_version, _ in KINDS}
    return vendored(documents, client.request("GET", "/version")["gitVersion"])


def current() -> dict[str, Any]:
    """What `openapi.json` holds now."""
    held: dict[str, Any] = json.loads((PACKAGE / "openapi.json").read_text())
    return held


def write(openapi: Schema) -> None:
    """Write both files into the package."""
    (PACKAGE / "openapi.json").write_text(json.dumps(openapi, separators=(",", ":"), sort_keys=True) + "\n")
    (PACKAGE / "types.py").write_text(typed_dicts(openapi))
    subprocess.run([sys.executable, "-m", "ruff", "format", PACKAGE / "types.py"], check=True)


if __name__ == "__main__":
    with ControlPlane() as plane:
        write(served(plane.cluster.client))
