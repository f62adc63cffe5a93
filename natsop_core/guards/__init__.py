"""Guards refuse changes of a custom resource that would break running servers or destroy their data.

Each row of GUARDS protects one thing: it says why a change is refused, and what the user can do. `grant` is the only
place that applies them; everything is built from the custom resource that it returns.
"""

from natsop_core.guards.granting import GUARDS, Granted, Refusal, grant
from natsop_core.guards.guard import Change, Guard

__all__ = ["GUARDS", "Change", "Granted", "Guard", "Refusal", "grant"]
