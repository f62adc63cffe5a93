"""The vendored files: the TypedDicts are those of the structure, and neither has prose."""

import json
import re

from natsop_core.kubernetes import openapi
from tests.testbed import refresh_openapi


def test_the_typed_dicts_are_those_of_the_vendored_structure() -> None:
    generated = refresh_openapi.typed_dicts(refresh_openapi.current())
    written = (refresh_openapi.PACKAGE / "types.py").read_text()
    assert _squeezed(written) == _squeezed(generated), "run python -m tests.testbed.refresh_openapi"


def _squeezed(source: str) -> str:
    """Source text without what a formatter may change."""
    return re.sub(r"\s+|,(?=\s*[\])])", "", source)


def test_nothing_but_structure_is_vendored() -> None:
    assert "description" not in json.dumps(openapi.types())


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "(\w+)"', json.dumps(openapi.types())):
        assert reference in openapi.types()


def test_every_kind_is_known() -> None:
    for api_version, kind in refresh_openapi.KINDS:
        assert "metadata" in openapi.kind_schema(api_version, kind)["properties"]
