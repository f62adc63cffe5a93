"""Placeholders for Secrets and ConfigMaps that exist only in a cluster, so that custom resources can be rendered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from natsop_core.api.natscluster import NatsCluster
from natsop_core.lookup import Lookup
from natsop_core.resolve.box import resolve_box
from natsop_core.resolve.cluster import resolve_cluster

if TYPE_CHECKING:
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.inputs import Found, Inputs
    from natsop_core.references import KeyReference, Reference

TEXT: Final = "stand-in"
CONFIGURATION: Final = "# stand-in\n"
"""The placeholder for values that nats-server reads as configuration."""

_CONFIGURATION_FIELDS: Final = ("spec.config.includes", "spec.configMap")
_CHECKED_FIELDS: Final = ("spec.auth",)
"""These values must be correctly signed JWTs, so there are no placeholders for them."""


def with_stand_ins(resource: NatsCluster | NatsBox, inputs: Inputs) -> Inputs:
    """The inputs with a placeholder for each missing object whose content does not matter.

    An existing object without the referenced key is an error, and gets no placeholder; nor does an optional reference.
    """
    stand_ins: dict[Reference, Any] = {}
    for key in _referred_keys(resource, inputs):
        known = key.object in inputs or not key.name or key.optional
        if not known and not key.field.startswith(_CHECKED_FIELDS):
            value = CONFIGURATION if key.field.startswith(_CONFIGURATION_FIELDS) else TEXT
            field = "stringData" if key.kind == "Secret" else "data"
            found = stand_ins.setdefault(key.object, {"apiVersion": "v1", "kind": key.kind, field: {}})
            if key.key:
                found[field][key.key] = value
    found_as_well: dict[Reference, Found] = dict(stand_ins)
    return replace(inputs, found={**inputs.found, **found_as_well})


def _referred_keys(resource: NatsCluster | NatsBox, inputs: Inputs) -> tuple[KeyReference, ...]:
    lookup = Lookup(replace(inputs, is_complete=True))
    if isinstance(resource, NatsCluster):
        resolve_cluster(resource, lookup)
    else:
        resolve_box(resource, lookup)
    return lookup.referred_keys
