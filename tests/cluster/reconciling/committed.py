"""NatsClusters whose servers and volumes commit us to something, and what their claims say."""

from __future__ import annotations

import json
from typing import Any, Final

from natsop_core import names
from natsop_core.record import Record, read_record
from tests.cluster.site import SOON, Site, nats_cluster, new_site
from tests.example_objects import ORDERS, SYSTEM, jwt_secrets
from tests.testbed.audit import AuditEntry
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

ACCOUNTS: Final[list[Manifest]] = [
    {"name": who.name, "publicKey": who.public_key, "jwt": {"name": "nats-jwts", "key": f"{who.name}.jwt"}}
    for who in (SYSTEM, ORDERS)
]


def jetstream(**file_store: Any) -> Manifest:
    return {"enabled": True, "fileStore": file_store}


def sized(size: str) -> Manifest:
    return {"resources": {"requests": {"storage": size}}}


def with_config(replicas: int = 3, **config: Any) -> Manifest:
    return {"replicas": replicas, "config": config}


def with_resolver(resolver: Manifest) -> Manifest:
    operator = {"name": "nats-jwts", "key": "operator.jwt"}
    return {
        "auth": {
            "jwt": {
                "operator": operator,
                "systemAccount": SYSTEM.public_key,
                "accounts": ACCOUNTS,
                "resolver": resolver,
            }
        }
    }


TRIO: Final = with_config(jetstream=jetstream(pvc=sized("10Gi")))
IN_PODS: Final = with_config(jetstream=jetstream(pvc={"enabled": False}))
PLAIN: Final = with_config()
FULL: Final = with_resolver({"type": "full", "storage": sized("1Gi")})
MEMORY: Final = with_resolver({"type": "memory"})


def committed_site(operator: Operator) -> Site:
    """One with the Secrets that these NatsClusters refer to."""
    site = new_site(operator, "commitments")
    for secret in jwt_secrets():
        site.client.create(secret)
    return site


def ask(site: Site, spec: Manifest, **annotations: str) -> None:
    """Give the NatsCluster this spec, and no annotations but these."""
    if site.client.find("NatsCluster", "c") is None:
        site.client.create(nats_cluster("c", spec, annotations=annotations))
        return
    change = [
        {"op": "add", "path": "/metadata/annotations", "value": annotations},
        {"op": "replace", "path": "/spec", "value": spec},
    ]
    site.client.patch("NatsCluster", "c", change, patch_type="json")


def await_granted(site: Site) -> None:
    site.await_condition("NatsCluster", "c", "Degraded", "False")


def await_refused(site: Site, reason: str) -> str:
    """The message, once the operator has refused the latest generation."""
    message: str = site.await_condition("NatsCluster", "c", "Degraded", "True", reason=reason)["message"]
    return message


def claims(site: Site) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in site.client.list("PersistentVolumeClaim")}


def said(obj: Manifest) -> Record:
    return read_record(json.loads((obj["metadata"].get("annotations") or {}).get(names.COMMITMENTS_ANNOTATION, "{}")))


def await_recorded(site: Site, count: int, **expected: Any) -> None:
    """Wait until that many claims say so."""

    def recorded() -> bool:
        found = claims(site)
        assert len(found) == count, list(found)
        for name, each in found.items():
            for field, value in expected.items():
                assert getattr(said(each), field) == value, (name, said(each))
        return True

    wait_until(recorded, SOON, f"{count} claims say {expected}")


def start(site: Site, spec: Manifest) -> None:
    ask(site, spec)
    await_granted(site)
    site.await_pods()
    site.await_quiet()


def claim_writes(site: Site, *, since: int = 0) -> list[AuditEntry]:
    return [each for each in site.writes(since=since) if each.resource == "persistentvolumeclaims"]
