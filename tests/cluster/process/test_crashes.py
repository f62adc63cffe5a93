"""The operator is killed again and again while everything changes: afterwards all is as if it had never been.

What it was about when it was killed is known from the API server alone, so it must not matter where that was.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Final

import pytest

from tests.cluster.process.convergence import await_convergence, identity
from tests.cluster.process.crowd import ROUTES, SEED, Crowd
from tests.cluster.site import Site, await_quiet, nats_box, nats_cluster, new_site, unauthorized
from tests.cluster.strangers import BOX, CLUSTER, CLUSTER_LABELS, look, settle, strangers
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import USER, Operator, install_crds, install_service_account

KILLS: Final = 20
KILLS_AT_WORK: Final = 10
MOST_KILLS: Final = 40
"""Where the machine is so busy that few of them are at work."""

MOST_WRITES: Final = 60
"""What the operator gets to do in one life, at most."""

LONGEST_LIFE: Final = 15
CONVERGED_WITHIN: Final = 300
QUIET: Final = 10


@pytest.fixture
def site(control_plane: ControlPlane) -> Iterator[Site]:
    """With an operator that has not been started yet."""
    cluster = control_plane.cluster
    install_crds(cluster)
    operator = Operator(cluster, install_service_account(cluster))
    yield new_site(operator, "crashes")
    operator.stop()


@pytest.mark.long
@pytest.mark.timeout(1800)  # three minutes for the usual number of kills
def test_an_operator_that_is_killed_at_any_moment_leaves_nothing_undone_and_nothing_behind(site: Site) -> None:
    chance, crowd = random.Random(SEED), Crowd(site, SEED)  # noqa: S311
    theirs = [settle(site, each) for each in strangers(CLUSTER_LABELS).values()]
    for each in (nats_cluster(CLUSTER, {"replicas": 3}), nats_box(BOX, CLUSTER)):
        site.client.create(each)
    crowd.gather()

    kills = killed_at_work = 0
    while kills < KILLS or (killed_at_work < KILLS_AT_WORK and kills < MOST_KILLS):
        killed_at_work += live_and_be_killed(crowd, chance)
        kills += 1
    crowd.change(20)
    crowd.gather()
    site.operator.start()
    site.operator.await_ready()

    await_convergence(
        site,
        others=[*map(identity, theirs), ("Secret", ROUTES)],
        conflicted=[("NatsCluster", CLUSTER), ("NatsBox", BOX)],
        timeout=CONVERGED_WITHIN,
    )
    await_quiet(site.cluster, site.writes, QUIET)
    for each in theirs:
        assert look(site, each) == each
    assert not unauthorized(site.cluster)
    assert killed_at_work >= KILLS_AT_WORK, f"only {killed_at_work} of {kills} kills came while it was writing"


def live_and_be_killed(crowd: Crowd, chance: random.Random) -> bool:
    """Start the operator amid changes and kill it after a number of writes, or of seconds. True when it was writing."""
    operator, mark = crowd.site.operator, crowd.site.mark()
    writes, seconds = chance.choice([(chance.randrange(MOST_WRITES), LONGEST_LIFE), (10**6, chance.uniform(0, 5))])
    crowd.change(chance.randrange(15))
    operator.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end and len(written(operator, mark)) <= writes:
        crowd.change(1)
    operator.stop(grace=0)
    return bool(written(operator, mark))


def written(operator: Operator, mark: int) -> list[object]:
    return [*operator.cluster.audit.writes(user=USER, since=mark)]
