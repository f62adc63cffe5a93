"""The rules of NatsBox."""

from __future__ import annotations

from typing import Final

from natsop_core.kubernetes.rule import Rule
from natsop_core.rules.texts import BOX_NAME, CONTEXT_NAMES

BOX_RULES: Final = (
    BOX_NAME,
    CONTEXT_NAMES,
    Rule(
        name="context-ca-source",
        at="spec.contexts{}.ca",
        cel="!(has(self.secret) && has(self.configMap))",
        message="only one of secret and configMap can be set",
        holds=lambda ca: ca.secret is None or ca.config_map is None,
    ),
)
