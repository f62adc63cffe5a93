"""Guards: what of the wishes in a custom resource gives way to what runs, why, and how to have it all the same.

Each row of GUARDS protects one thing. `grant` is the only place where a wish gives way; all that is built afterwards is
built from the custom resource that it returns, so that everything goes with what stays.
"""

from natsop_core.guards.granting import GUARDS, Granted, Refusal, grant
from natsop_core.guards.guard import Change, Guard

__all__ = ["GUARDS", "Change", "Granted", "Guard", "Refusal", "grant"]
