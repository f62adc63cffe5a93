"""What the API server reads as YAML says what we meant; tests/cluster/reconciling/test_acceptance.py asks it."""

from __future__ import annotations

import json

import pytest
from ruamel.yaml import YAML

from natsop_runtime.api_server.json_in_yaml import json_in_yaml

PLAIN = "a\u00a0\u00e4\ud7ff\ue000\U0001f600\U0010ffff"
ESCAPED = "\x00\x1b\x7f\x80\x85\x9f\u2028\u2029\ufeff\ufffe\uffff"


@pytest.mark.parametrize("character", [*PLAIN, *ESCAPED], ids=lambda character: f"U+{ord(character):04X}")
def test_every_character_is_the_same_in_json_and_in_yaml(character: str) -> None:
    value = {"key": f"a {character} b\n{character}"}
    written = json_in_yaml(value)
    assert json.loads(written) == value
    assert YAML(typ="safe", pure=True).load(written) == value


def test_what_lies_beyond_the_basic_plane_is_not_escaped() -> None:
    assert json_in_yaml(PLAIN).decode() == f'"{PLAIN}"'
