"""Our definitions against those of the Go program: nothing removed, renamed or narrowed, defaults and merging kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from natsop_core.crd import custom_resource_definitions

FOLDER = Path(__file__).parents[4] / "shared" / "reference" / "seed-crds"

KEPT = (
    *("type", "format", "default", "minLength", "minItems", "maxItems", "nullable", "x-kubernetes-map-type"),
    *("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-int-or-string"),
)
"""What both say alike. What we may add: fields, and the bounds, words and patterns behind the rows of refusals."""

_LEAST = -(2**31)

EXCEPTIONS = {
    (".env", "x-kubernetes-list-type", "map"),  # CEL cannot compare names in a list of any length within its budget
    (".env", "x-kubernetes-list-map-keys", ("name",)),
}


def schema(definition: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def differences(path: str, seed: dict[str, Any], ours: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for keyword in KEPT:
        if seed.get(keyword) != ours.get(keyword):
            value = ours.get(keyword)
            yield path, keyword, tuple(value) if isinstance(value, list) else value
    yield from narrower(path, seed, ours)
    for name, part in seed.get("properties", {}).items():
        if name in ours.get("properties", {}):
            yield from differences(f"{path}.{name}", part, ours["properties"][name])
        else:
            yield f"{path}.{name}", "missing", None
    for keyword in ("items", "additionalProperties"):
        if keyword in seed:
            yield from differences(f"{path}.*", seed[keyword], ours[keyword])


def narrower(path: str, seed: dict[str, Any], ours: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    if ours.get("minimum", _LEAST) > seed.get("minimum", 0 if path.endswith(".nodePorts.*") else _LEAST):
        yield path, "minimum", ours["minimum"]
    if set(ours.get("required", ())) - set(seed.get("required", ())):
        yield path, "required", tuple(ours["required"])
    if "enum" in seed and seed["enum"] != ours.get("enum"):
        yield path, "enum", tuple(ours.get("enum", ()))
    if "pattern" in seed and seed["pattern"] != ours.get("pattern"):
        yield path, "pattern", ours.get("pattern")


@pytest.mark.skipif(not FOLDER.exists(), reason=f"the Go program's definitions are not at {FOLDER}")
@pytest.mark.parametrize("definition", custom_resource_definitions(), ids=lambda each: each["metadata"]["name"])
def test_every_field_of_the_go_program_is_there_with_its_default(definition: dict[str, Any]) -> None:
    [file] = FOLDER.glob(f"*_{definition['spec']['names']['plural']}.yaml")
    seed = YAML(typ="safe").load(file)
    assert seed["spec"]["names"] == definition["spec"]["names"]
    found = list(differences("", schema(seed), schema(definition)))
    assert [
        (path, keyword, value)
        for path, keyword, value in found
        if (path[path.rindex(".") :], keyword, value) not in EXCEPTIONS
    ] == []
