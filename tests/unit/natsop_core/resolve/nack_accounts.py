"""NatsClusters with Accounts for NACK, and what is made of them."""

from __future__ import annotations

from typing import Any

from natsop_core.kinds import NACK_ACCOUNTS
from natsop_core.plan import Plan
from natsop_core.report import Report
from tests.unit.natsop_core.resolve.jwt_clusters import APP, SYSTEM, account_entry, jwts, spec
from tests.unit.natsop_core.trio import plan_for, report_of
from tests.unit.natsop_core.world import Object, applied, one_of, secret

CREDENTIALS = {"userCreds": {"name": "creds", "key": "app.creds"}}
WANTED = spec(account_entry(SYSTEM), account_entry(APP, **CREDENTIALS))
SECRETS = (jwts(), secret("creds", **{"app.creds": "a user's credentials"}))

NACK = "NackIntegrationAvailable"


def plan(wanted: Object, *objects: Object, **seen: Any) -> Plan:
    return plan_for(wanted, *objects, **{"serves": [NACK_ACCOUNTS], **seen})


def report(wanted: Object, *objects: Object, **seen: Any) -> Report:
    return report_of(wanted, *objects, **{"serves": [NACK_ACCOUNTS], **seen})


def names(done: Plan) -> list[str]:
    return [each["metadata"]["name"] for each in done.apply if each["kind"] == "Account"]


def account(done: Plan) -> Object:
    return one_of(done.apply, "Account")


def live_account(name: str = "c-app") -> Object:
    manifest = account(plan(WANTED, *SECRETS))
    live = applied(manifest)
    live["metadata"]["name"] = name
    return live
