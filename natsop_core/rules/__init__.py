"""The validation rules that types and bounds cannot express, each in two languages that say the same.

The API server evaluates the CEL text, which stands in the CustomResourceDefinitions; `natsop` evaluates the predicate.
CEL reads a field that may be absent through `has()` or its short form `.?`, and nothing that Kubernetes 1.30 lacks.
"""

from natsop_core.kubernetes.rule import Breach, Rule, TransitionRule, breaches, broken_transitions
from natsop_core.rules.box import BOX_RULES
from natsop_core.rules.cluster import CLUSTER_RULES
from natsop_core.rules.transitions import CLUSTER_TRANSITIONS

__all__ = [
    "BOX_RULES",
    "CLUSTER_RULES",
    "CLUSTER_TRANSITIONS",
    "Breach",
    "Rule",
    "TransitionRule",
    "breaches",
    "broken_transitions",
]
