"""The delays until the next reconcile without a change: short enough for users, long enough for the servers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from natsop_core.conclude import conclude_box
from natsop_core.kinds import SECRETS
from natsop_core.outcomes import Failed, Outcomes, Rejected
from tests.unit.natsop_core.conclude.settled_trio import CHILDREN, SPEC, TRIO, answers
from tests.unit.natsop_core.trio import CONFIG_MAP, SERVERS, SERVICE, STATEFUL_SET, conclude
from tests.unit.natsop_core.world import NOW, box, cluster, inputs, live_children, plan_of

CONTEXTS = SECRETS.key("prod", "b-contexts")


@pytest.mark.parametrize(("age", "delay"), [(0, 5), (50, 5), (200, 20), (86400, 60)])
def test_a_server_that_stays_behind_is_asked_less_and_less_often(age: int, delay: float) -> None:
    since = f"{NOW - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}"
    behind = {"type": "ConfigurationLoaded", "status": "False", "lastTransitionTime": since}
    cr = cluster(SPEC, status={"conditions": [behind]})
    assert conclude(cr, inputs(cr, *CHILDREN, *SERVERS, answers=answers("c-1"))).requeue_after == delay


def test_an_overloaded_api_server_is_left_alone_for_as_long_as_it_asks_whatever_else_is_due() -> None:
    busy: Outcomes = {
        SERVICE: Failed("overloaded", 30),
        CONFIG_MAP: Failed("not tried yet", 1),
        STATEFUL_SET: Rejected("no"),
    }
    assert conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS, answers=answers("c-1")), busy).requeue_after == 30


def test_so_it_is_for_a_box() -> None:
    seen = inputs(box(), *live_children(box()))
    busy: Outcomes = {SERVICE: Failed("overloaded", 30), CONTEXTS: Rejected("no")}
    assert conclude_box(box(), seen, plan_of(box(), seen), busy).requeue_after == 30
