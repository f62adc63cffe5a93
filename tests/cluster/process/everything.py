"""A NatsCluster of which objects of every kind are made."""

from __future__ import annotations

from typing import Final

from tests.example_objects import ORDERS, SYSTEM
from tests.testbed.client import Manifest

EVERYTHING: Final[Manifest] = {
    "replicas": 2,
    "auth": {
        "jwt": {
            "operator": {"name": "nats-jwts", "key": "operator.jwt"},
            "systemAccount": SYSTEM.public_key,
            "accounts": [
                {
                    "name": SYSTEM.name,
                    "publicKey": SYSTEM.public_key,
                    "jwt": {"name": "nats-jwts", "key": "system.jwt"},
                },
                {
                    "name": ORDERS.name,
                    "publicKey": ORDERS.public_key,
                    "jwt": {"name": "nats-jwts", "key": "orders.jwt"},
                    "userCreds": {"name": "orders-user", "key": "user.creds"},
                },
            ],
        }
    },
    "config": {"websocket": {"enabled": True, "ingress": {"enabled": True, "hosts": ["nats.example.com"]}}},
    "promExporter": {"enabled": True, "podMonitor": {"enabled": True}},
    "serviceAccount": {"enabled": True},
}
"""A cluster that, together with a box, has children of all kinds."""
