"""Many clusters and boxes of one namespace that change all the time, as people and other programs change them."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from natsop_core import names
from tests.cluster.edits import SCALING, TAKING
from tests.cluster.site import Site, nats_box, nats_cluster
from tests.testbed.client import ApiError, Manifest
from tests.testbed.wait import wait_until

SEED: Final = int(os.environ.get("NATSOP_CHAOS_SEED") or random.randrange(10**6))  # noqa: S311
"""Printed with a failure; set the variable to have the same again, as far as the machine lets it."""

SIZE: Final = 50
EVERY_FIFTH_HAS_JETSTREAM: Final = 5
EVERY_TENTH_HAS_A_BOX: Final = 10

ROUTES: Final = "routes"
"""The Secret with what the servers of some clusters tell each other."""

GATHERED_WITHIN: Final = 120
"""Seconds; the garbage collector may have to find out first that the API server was killed."""

_WRONG_TIME: Final = frozenset({404, 409, 422})
"""How the API server refuses an edit of what is not there, or not any more, or not yet as the edit wants it."""

_JETSTREAM: Final[Manifest] = {"enabled": True, "fileStore": {"pvc": {"resources": {"requests": {"storage": "1Gi"}}}}}


class Crowd:
    """`seed` decides all that happens to the clusters, save for the order in which the operator gets to see it."""

    def __init__(self, site: Site, seed: int, size: int = SIZE) -> None:
        self.site = site
        self._size = size
        print(f"seed {seed}")
        self._random = random.Random(seed)  # noqa: S311
        self._changes: tuple[tuple[int, Callable[[int], None]], ...] = (
            (6, self._edit),
            (4, self._edit_child),
            (2, self._create),
            (1, self._delete),
            (1, self._change_secret),
        )

    def gather(self) -> None:
        """Have all that there should be; what is about to go is waited for, and made anew."""
        self._change_secret(0)
        manifests = [each for number in range(self._size) for each in self._manifests(number)]
        for manifest in manifests:
            what = f"{manifest['kind']} {manifest['metadata']['name']} is there to stay"
            wait_until(partial(self._is_there_to_stay, manifest), GATHERED_WITHIN, what)

    def change(self, times: int) -> None:
        """So many changes, one after the other, of anything."""
        weights = [weight for weight, _ in self._changes]
        for _ in range(times):
            [(_, change)] = self._random.choices(self._changes, weights)
            self._try(partial(change, self._random.randrange(self._size)))

    def _try(self, change: Callable[[], object]) -> None:
        try:
            change()
        except ApiError as error:
            if error.status not in _WRONG_TIME:
                raise
        except LookupError:  # an edit of something that another edit has taken away
            pass

    def _is_there_to_stay(self, manifest: Manifest) -> bool:
        found = self.site.client.find(manifest["kind"], manifest["metadata"]["name"])
        if found is None:
            found = self.site.client.create(manifest)
        return "deletionTimestamp" not in found["metadata"]

    def _create(self, number: int) -> None:
        for manifest in self._manifests(number):
            self._try(partial(self.site.client.create, manifest))

    def _manifests(self, number: int) -> list[Manifest]:
        manifests = [nats_cluster(name_of(number), self._spec(number))]
        if number % EVERY_TENTH_HAS_A_BOX == 0:
            manifests.append(nats_box(box_of(number), name_of(number)))
        return manifests

    def _edit(self, number: int) -> None:
        self.site.client.patch("NatsCluster", name_of(number), {"spec": self._spec(number)})

    def _edit_child(self, number: int) -> None:
        edit = TAKING[self._random.choice(sorted(_edits_of(number)))]
        if edit.is_of_box:
            number -= number % EVERY_TENTH_HAS_A_BOX
        edit.apply_to(self.site.client, box_of(number) if edit.is_of_box else name_of(number))

    def _delete(self, number: int) -> None:
        how = self._random.choice(("Background", "Foreground"))
        self.site.client.delete("NatsCluster", name_of(number), propagationPolicy=how)
        if number % EVERY_TENTH_HAS_A_BOX == 0:
            self.site.client.delete("NatsBox", box_of(number), propagationPolicy=how)

    def _change_secret(self, _number: int) -> None:
        data = {"user": "u", "password": f"p{self._random.randrange(1000)}"}
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": ROUTES}, "stringData": data}
        self.site.client.apply(manifest)

    def _spec(self, number: int) -> Manifest:
        """Anything that may become of anything else; so what has JetStream keeps it, with its number of servers."""
        choose = self._random
        ports: Manifest = {"nats": {"port": choose.choice((4222, 4333, 4444))}}
        if number % EVERY_FIFTH_HAS_JETSTREAM == 0:
            return {"replicas": 3, "config": {**ports, "jetstream": _JETSTREAM}}
        routes = {"routeURLs": {"authSecretRef": choose.choice((None, {"name": ROUTES}))}}
        return {
            "replicas": choose.choice((1, 2, 3)),
            "config": {**ports, "cluster": routes, "monitor": {"enabled": choose.choice((True, False))}},
            "podDisruptionBudget": {"enabled": choose.choice((True, False))},
            "service": {"enabled": choose.choice((True, True, False))},
            "serviceAccount": {"enabled": choose.choice((True, False))},
            "global": {"labels": {"example/shade": choose.choice(("light", "dark"))}},
        }


def _edits_of(number: int) -> Iterable[str]:
    """All of them; but a stray scale of a StatefulSet with claims makes other claims than those of the servers wanted.

    When the NatsCluster and the StatefulSet are then deleted before anybody noted on the claims how many servers were
    meant, the claims count as the servers with streams: five of them, where three are wanted, or one. Either is
    refused: rightly, but no convergence.
    """
    has_claims = number % EVERY_FIFTH_HAS_JETSTREAM == 0
    return (name for name in TAKING if not (has_claims and name in SCALING))


def name_of(number: int) -> str:
    return f"c{number}"


def box_of(number: int) -> str:
    return f"box{number}"


def custom_resources(site: Site) -> list[Manifest]:
    """All that there are now."""
    return [each for kind in (names.CLUSTER_KIND, names.BOX_KIND) for each in site.client.list(kind)]
