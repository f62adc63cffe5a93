"""Custom resources that are accepted, made from the CustomResourceDefinitions, and what may be live beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from natsop_core import names
from natsop_core.api.natsbox import NatsBox
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, read_box, read_cluster
from natsop_core.crd import custom_resource_definitions
from natsop_core.inputs import Found, HttpAnswer, Unreachable
from natsop_core.kubernetes.openapi import kind_schema, types
from natsop_core.live import Controller
from natsop_core.outcomes import Applied, Failed, Outcome, Rejected, Taken, Unchanged
from natsop_core.record import Record
from tests.property.schemas import Fields, Schema, texts, values
from tests.unit.natsop_core.world import NAMESPACE, UID, Object, accepted, box_object, cluster_object, pod

ports: Final = st.sampled_from([1, 80, 4222, 6222, 8222, 65535])
sizes: Final = st.sampled_from([*("1Gi", "1.5Gi", "100M", "0", "1e3", "1000m", "+1", "7.5Ei"), 0, 1, 2**40])
_keys: Final = st.one_of(
    st.from_regex(r"([a-z]{1,3}[.]example/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,9}[A-Za-z0-9])?", fullmatch=True),
    st.sampled_from(list(names.cluster_labels("x"))),
)
_label_values: Final = st.sampled_from(["", "a", "1e3", "0x1F", "yes", "null", "A-b_c.9", "9" * 63])

label_maps: Final = st.dictionaries(_keys, _label_values, max_size=3)
annotation_maps: Final = st.dictionaries(_keys, texts, max_size=3)

_SPEC_FIELDS: Final[Fields] = {
    "replicas": st.integers(1, 4),  # as many as routes are written, and more than that shows nothing new
    "port": ports,
    "maxSize": sizes,
    "requests": st.dictionaries(st.sampled_from(["cpu", "memory", "storage", "x"]), sizes, max_size=3),
    "k8sClusterDomain": st.sampled_from(["cluster.local", "Cluster.local.", "a", "1.b-c"]),
    "labels": label_maps,
    "nodeSelector": label_maps,
    "annotations": annotation_maps,
    "minReadySeconds": st.sampled_from([0, 1, 2**31 - 1]),
    "terminationGracePeriodSeconds": st.sampled_from([0, 1, 600]),
}

cluster_names: Final = st.one_of(
    st.sampled_from(["c", "a", "a-headless", "a-config", "yes", "a" * 52]),
    st.from_regex(r"[a-z]([-a-z0-9]{0,9}[a-z0-9])?", fullmatch=True),
)


def _spec_schema(kind: str) -> Schema:
    [found] = [each for each in custom_resource_definitions() if each["spec"]["names"]["kind"] == kind]
    schema: Schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return schema


def _with_jetstream(spec: Object) -> Object:
    config = spec.get("config", {})
    return {**spec, "config": {**config, "jetstream": {**config.get("jetstream", {}), "enabled": True}}}


def _is_accepted(obj: Object) -> bool:
    read = read_cluster if obj["kind"] == names.CLUSTER_KIND else read_box
    return not isinstance(read(obj), InvalidResource)


def read(obj: Object) -> NatsCluster | NatsBox:
    """An accepted custom resource, as the core sees it."""
    return accepted(read_cluster(obj)) if obj["kind"] == names.CLUSTER_KIND else accepted(read_box(obj))


_metadata: Final = st.fixed_dictionaries(
    {}, optional={"annotations": st.just({names.ALLOW_DATA_LOSS_ANNOTATION: "replicas=3->1,serverNamePrefix=->x"})}
)

_cluster_specs: Final = values(_spec_schema(names.CLUSTER_KIND), _SPEC_FIELDS)

cluster_objects: Final = st.builds(
    lambda spec, name, metadata: cluster_object(spec, name=name, **metadata),
    st.one_of(_cluster_specs, _cluster_specs.map(_with_jetstream)),
    cluster_names,
    _metadata,
).filter(_is_accepted)

box_objects: Final = st.builds(
    lambda spec, name: box_object(spec, name=name),
    values(_spec_schema(names.BOX_KIND), {**_SPEC_FIELDS, "clusterRef": st.just({"name": "c"})}),
    cluster_names,
).filter(_is_accepted)

clusters: Final = cluster_objects.map(lambda obj: accepted(read_cluster(obj)))
boxes: Final = box_objects.map(lambda obj: accepted(read_box(obj)))


# What may be live: anything that the API server could hold under our names, made by us, by another, or by hand.

_LIVE_FIELDS: Final[Fields] = {
    "name": st.sampled_from([names.SERVER_CONTAINER, names.JETSTREAM_VOLUME, names.MONITOR_PORT, "x"]),
    "replicas": st.sampled_from([0, 1, 2, 3, 5]),
    "initContainers": st.just([]),
    "ephemeralContainers": st.just([]),
    "affinity": st.just({}),
    "template": st.deferred(lambda: st.builds(_template, values(types()["PodSpec"], _LIVE_FIELDS))),
    "volumeClaimTemplates": st.deferred(
        lambda: st.lists(
            st.builds(_claim_template, values(types()["PersistentVolumeClaimSpec"], _LIVE_FIELDS)), max_size=1
        )
    ),
}


def _template(spec: Object) -> Object:
    return {"spec": spec}


def _claim_template(spec: Object) -> Object:
    return {"metadata": {"name": names.JETSTREAM_VOLUME}, "spec": spec}


_controllers: Final = st.sampled_from(
    [
        [],
        [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}],
        *(
            [{"apiVersion": api, "kind": kind, "name": "c", "uid": uid, "controller": True}]
            for api, kind, uid in (
                *((names.API_VERSION, names.CLUSTER_KIND, UID),) * 6,  # the case where most is decided
                (names.API_VERSION, names.CLUSTER_KIND, "an-earlier-one"),
                ("batch/v1", "Job", "u"),
            )
        ),
    ]
)
_annotations: Final = st.sampled_from(
    [
        {},
        *({names.COMMITMENTS_ANNOTATION: Record(replicas=each, server_name_prefix="x").annotation} for each in (1, 3)),
        *({names.COMMITMENTS_ANNOTATION: text} for text in ("", "[]", '{"replicas":3}', "²")),
    ]
)


@st.composite
def live_objects(draw: st.DrawFn, api_version: str, kind: str, name: str) -> Object:
    """An object of the kind's whole schema, with what the API server always sets and any of the rest."""
    schema = kind_schema(api_version, kind)["properties"]
    metadata = {"name": name, "namespace": NAMESPACE, "uid": "u1", "resourceVersion": "9"}
    optional = {"generation": 3, "deletionTimestamp": "2026-01-01T00:00:00Z", "annotations": draw(_annotations)}
    chosen = draw(st.lists(st.sampled_from(sorted(optional)), unique=True))
    owners = draw(_controllers)
    live = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": metadata | {key: optional[key] for key in chosen} | ({"ownerReferences": owners} if owners else {}),
        "spec": draw(values(schema["spec"], _LIVE_FIELDS)),
    }
    if draw(st.booleans()):
        live["status"] = draw(values(schema["status"], _LIVE_FIELDS))
    return live


_pod_statuses: Final = st.fixed_dictionaries(
    {},
    optional={
        "podIP": st.sampled_from(["", "10.0.0.1", "fd00::1"]),
        "containerStatuses": st.lists(
            st.fixed_dictionaries(
                {"name": st.sampled_from(["nats", "x"])},
                optional={"state": st.sampled_from([{}, {"running": {}}, {"waiting": {"reason": "x"}}])},
            ),
            max_size=2,
        ),
    },
)


@st.composite
def pods(draw: st.DrawFn, name: str) -> Object:
    """A pod that runs, mostly, and else has any part of a status, or none."""
    found = pod(name, port=draw(st.sampled_from([None, 8222, 8222])))
    status = draw(st.one_of(st.just(found["status"]), st.none(), _pod_statuses))
    rest = {key: value for key, value in found.items() if key != "status"}
    return rest if status is None else rest | {"status": status}


_json: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["version", "config_digest"]), inner, max_size=2)
    ),
    max_leaves=4,
).map(lambda value: json.dumps(value).encode())

answers: Final[st.SearchStrategy[Found]] = st.one_of(
    st.builds(HttpAnswer, st.sampled_from([200, 200, 200, 404, 500]), st.one_of(_json, st.binary(max_size=8))),
    st.sampled_from([Unreachable("timeout"), HttpAnswer(200, b"[" * 100_000), HttpAnswer(200, b"9" * 5000)]),
)

_taken: Final = st.sampled_from(
    [None, Controller("v1", "X", "x", "u"), Controller(names.API_VERSION, names.CLUSTER_KIND, "c", "an-earlier-one")]
).map(Taken)
outcomes: Final[st.SearchStrategy[Outcome]] = st.one_of(
    st.sampled_from([Applied(), Unchanged()]),
    _taken,
    st.builds(Rejected, texts, st.sampled_from(["", "spec.replicas"])),
    st.builds(Failed, texts, st.floats(0, 1000)),
)

statuses: Final[st.SearchStrategy[Mapping[str, Any]]] = st.sampled_from(
    [
        {},
        {"conditions": []},
        {"version": "2.12.6", "replicas": 3},
        *(
            {
                "conditions": [
                    {"type": kind, "status": status, "reason": "R", "message": "m", "lastTransitionTime": since}
                ]
            }
            for kind in ("Available", "Degraded", "ConfigurationLoaded")
            for status in ("True", "False", "Unknown")
            for since in ("2026-01-02T03:04:05Z", "2025-01-01T00:00:00.5+01:00")
        ),
    ]
)
"""The status as the operator wrote it last: only it may (a user with the right to can write nonsense, though)."""
