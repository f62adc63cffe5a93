"""JSON that is also valid YAML: the API server parses the body of every server-side apply as YAML."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_UNLIKE_JSON: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that YAML forbids or, where they count as line breaks, folds into a space. Escaped, all of them are fine;
those beyond U+FFFF are not: JSON escapes them as two halves, which YAML takes for errors."""


def json_in_yaml(value: Any) -> bytes:
    """The value as JSON that means the same in YAML."""
    text = msgspec.json.encode(value).decode()
    return _UNLIKE_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()
