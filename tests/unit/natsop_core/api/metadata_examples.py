"""Metadata of every kind, right and wrong, for our checks and for the real API server's."""

from typing import Any, TypeAlias

Values: TypeAlias = tuple[Any, ...]

NAMES: Values = (
    "",
    "a",
    "a.b",
    "1a",
    "a-",
    "A",
    "a\n",
    "a" * 52,
    "a" * 53,
    "a" * 63,
    "a" * 64,
    "a" * 254,
    5,
    None,
    [],
    {},
)
GENERATED: Values = ("", "a", "a-", "-", "-a", "a.", "A", "a" * 254, 5)
NUMBERS: Values = (0, -1, 1.0, 1.5, 2.0**53, 1e300, 2**63, "1", None, True, [], {})
TIMES: Values = (
    *("2026-11-23T00:00:00Z", "2026-11-23T00:00:00.5+01:00", "2026-13-23T00:00:00Z", "2026-02-29T00:00:00Z"),
    *("2026-11-23T00:00:00", "2026-11-23 00:00:00Z", "2026-11-23t00:00:00z", "2026-11-23T24:00:00Z", "a", 5, None),
)
MAPS: Values = (
    *(
        {"a/b": "c"},
        {"A.b/c": "x"},
        {"a.b/c_D": "x.y-z_1"},
        {"a": "-"},
        {"a": "b" * 63},
        {"a": "b" * 64},
        {"a" * 63: ""},
    ),
    *({"a" * 64: ""}, {"/a": ""}, {"a/": ""}, {"a/b/c": ""}, {"a": "ä"}, {"a": None}, {"a": 1}, {"B/c": "d"}, {"": ""}),
    *({"a": "x\n"}, {"a\n": ""}, {"a" * 254 + "/b": "c"}, {".a/b": ""}, {"a": ["b"]}, [], 5, "a", None),
)
ANNOTATIONS: Values = ({"a": "x" * (256 * 1024 - 1)}, {"a": "x" * 256 * 1024}, {"a": "ä" * 128 * 1024})
FINALIZERS: Values = (
    *(
        ["a"],
        ["a", "a"],
        ["a/b"],
        ["a b/c"],
        ["orphan"],
        ["orphan", "foregroundDeletion"],
        [""],
        [None],
        [1],
        [[]],
        "a",
    ),
)
OWNER: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"}
OWNERS: Values = (
    *(None, {}, OWNER, OWNER | {"controller": True}, OWNER | {"name": "", "uid": None}, OWNER | {"kind": "Event"}),
    *(OWNER | {"apiVersion": version} for version in ("", "a/b", "a/b/c", "a/", "/a", "/", 5)),
    *(OWNER | {"unknown": 1}, OWNER | {"controller": "yes"}),
)
MANAGED_FIELDS: Values = (
    *([None], [{}], [{"manager": "a", "fieldsV1": {"f:x": {}}}], [{"fieldsV1": 5}], [{"time": "x"}], [{"unknown": 1}]),
    *([{"manager": 1}], {}, "a"),
)

NAMESPACES: Values = ("default", "", None, "A b", 5, [])
TEXTS: Values = ("1", "", None, 5, {})

ALL: Values = (
    *(None, 5, "a", [], {}, {"name": "a", "unknown": 1}, {"name": "a", "clusterName": "a"}),
    *({"name": name} for name in NAMES),
    *({"name": "a", "generateName": name} for name in GENERATED),
    *({"name": "a", "namespace": namespace} for namespace in NAMESPACES),
    *({"name": "a", field: text} for field in ("uid", "resourceVersion", "selfLink") for text in TEXTS),
    *({"name": "a", field: value} for field in ("generation", "deletionGracePeriodSeconds") for value in NUMBERS),
    *({"name": "a", field: value} for field in ("creationTimestamp", "deletionTimestamp") for value in TIMES),
    *({"name": "a", field: value} for field in ("labels", "annotations") for value in MAPS),
    *({"name": "a", "annotations": value} for value in ANNOTATIONS),
    *({"name": "a", "finalizers": value} for value in FINALIZERS),
    *({"name": "a", "ownerReferences": owners} for owner in OWNERS for owners in ([owner], [owner, owner])),
    *({"name": "a", "ownerReferences": [owner, OWNER | {"uid": "c", "controller": True}]} for owner in OWNERS),
    *({"name": "a", "managedFields": value} for value in MANAGED_FIELDS),
)
