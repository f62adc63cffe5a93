"""The validation rules that types and bounds cannot express. Each rule has a CEL text and an equivalent predicate.

The API server evaluates the CEL text in the CustomResourceDefinitions; `natsop` evaluates the predicate. CEL reads an
optional field through `has()` or its short form `.?`, and uses only functions that Kubernetes 1.30 has.
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
