"""The Secrets."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.objects.metadata import box_metadata

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import Secret
    from natsop_core.resolve.types import Box, Context


def build_contexts_secret(box: Box) -> Secret:
    """The box's contexts of the nats CLI: a JSON file for each, and the name of the one selected at first."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": box_metadata(box, names.contexts_secret(box.name)),
        "data": {
            names.SELECTED_CONTEXT_KEY: _encoded(box.selected),
            **{f"{context.name}.json": _encoded(_context_file(context)) for context in box.contexts},
        },
    }


def _context_file(context: Context) -> str:
    return json.dumps(context.settings, indent=2, ensure_ascii=False) + "\n"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
