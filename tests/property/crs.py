"""NatsClusters over the whole schema, most of which are accepted.

The fields and their types come from the CustomResourceDefinition. Only what a type cannot say has a strategy of its own
here: the name of a Secret that there will be, or a port that hardly any other listener has.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from natsop_core import names
from natsop_core.api.read import InvalidResource, read_cluster
from natsop_core.crd import custom_resource_definitions
from tests import tokens
from tests.property.schemas import MOST_FIELDS, Fields, Schema, texts, values
from tests.property.strategies import annotation_maps, cluster_names, label_maps
from tests.tokens import Identity
from tests.unit.natsop_core.world import Object, cluster_object

KEYS: Final = ("tls.crt", "tls.key", "ca.crt", "a", "-_A.b9")
"""Keys of Secrets and ConfigMaps."""

EXISTING_CONFIG: Final = "existing"
ROUTE_CREDENTIALS: Final = "route-credentials"

OPERATOR: Final = tokens.operator()
ACCOUNTS: Final = tuple(tokens.account(name) for name in ("system", "app", "0-1"))
"""The system account and others, whose JWTs the operator signs."""

_MOSTLY: Final = st.sampled_from([True, True, False])
_any_port: Final = st.integers(1, 65535)
_ports: Final = st.one_of(_any_port, _any_port, _any_port, st.sampled_from([1, 80, 1023, 1024, 4222, 8222, 65535]))
_sizes: Final = st.one_of(
    st.sampled_from(["1Gi", "1.5Gi", "100M", "0", "1e3", "1000m", "+1", "7.5Ei", "8191Pi", ".5Ki", "12e17"]),
    st.sampled_from([0, 1, 2**31, 2**40]),
    st.integers(0, 2**63 - 2),
)
_prefixes: Final = st.one_of(
    st.sampled_from(["10-", "1e", "true-", "A.b-"]), st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}", fullmatch=True)
)


def _key_of(*objects: str) -> st.SearchStrategy[Object]:
    """A selector of a key of one of these objects."""
    return st.fixed_dictionaries(
        {"name": st.sampled_from(objects), "key": st.sampled_from(KEYS)}, optional={"optional": st.booleans()}
    )


def _secret_or_config_map(*objects: str) -> st.SearchStrategy[Object]:
    kinds = st.sampled_from(["secret", "configMap"])
    return st.builds(lambda kind, selector: {kind: selector}, kinds, _key_of(*objects))


_include_names: Final = st.one_of(
    st.sampled_from(["a.conf", "nats.conf", "auth.conf", "-", "1", ".a"]),
    st.from_regex(r"[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,9}", fullmatch=True),
)
_includes: Final = st.lists(
    st.builds(lambda name, source: {"name": name, **source}, _include_names, _secret_or_config_map("extra", "more")),
    unique_by=lambda include: include["name"],
    max_size=3,
)


def _authentication() -> st.SearchStrategy[Object]:
    return _jwts()  # which needs the table below


FIELDS: Final[Fields] = {
    "replicas": st.sampled_from([1, 1, 2, 3, 5]),
    "port": _ports,
    "maxSize": _sizes,
    "requests": st.dictionaries(st.sampled_from(["cpu", "memory", "storage", "x"]), _sizes, max_size=3),
    "k8sClusterDomain": st.sampled_from(["cluster.local", "Cluster.local.", "a", "1.b-c", "a.b.c.d."]),
    "serverNamePrefix": _prefixes,
    "labels": label_maps,
    "nodeSelector": label_maps,
    "annotations": annotation_maps,
    "minReadySeconds": st.sampled_from([0, 1, 2**31 - 1]),
    "terminationGracePeriodSeconds": st.sampled_from([0, 1, 600]),
    "enabled": _MOSTLY,
    "cert": st.sampled_from(KEYS),
    "key": st.sampled_from(KEYS),
    "secretName": st.sampled_from(["tls-a", "tls-b", "a.b-1"]),
    "tlsCA": st.one_of(st.just({}), _secret_or_config_map("ca", "tls-a"), _secret_or_config_map("ca", "tls-a")),
    "includes": _includes,
    "authSecretRef": st.just({"name": ROUTE_CREDENTIALS}),
    "existingName": st.just(EXISTING_CONFIG),
    "monitorDomain": st.sampled_from(["nats.example.com", "a"]),
    "env": st.lists(
        st.fixed_dictionaries({"name": st.from_regex(r"X[A-Z0-9_]{0,5}", fullmatch=True), "value": texts}),
        unique_by=lambda variable: variable["name"],
        max_size=2,
    ),
    "envFrom": st.just([]),
    "interval": st.sampled_from(["30s", "1m", "1h30m"]),
    "scrapeTimeout": st.sampled_from(["5s", "10s"]),
    "jwt": st.deferred(_authentication),
}


@st.composite
def _jwts(draw: st.DrawFn) -> Object:
    """Accounts that the operator knows how to sign, the system account among them."""
    schema = _SCHEMA["properties"]["auth"]["properties"]["jwt"]["properties"]
    full = draw(st.booleans())
    resolver = draw(_Schemas().values(schema["resolver"], "resolver", mostly=True))
    storage = {"storage": resolver.get("storage", {})} if full else {}
    others = draw(st.lists(st.sampled_from(ACCOUNTS[1:]), unique=True))
    return {
        "operator": {"name": "jwts", "key": "operator"},
        "systemAccount": ACCOUNTS[0].public_key,
        "accounts": draw(
            st.permutations([_account(each, with_credentials=draw(st.booleans())) for each in (ACCOUNTS[0], *others)])
        ),
        "resolver": {**resolver, "type": "full" if full else "memory", **storage},
    }


def _account(who: Identity, *, with_credentials: bool) -> Object:
    entry = {"name": who.name, "publicKey": who.public_key, "jwt": {"name": "jwts", "key": who.name}}
    return {**entry, "userCreds": {"name": "jwts", "key": f"{who.name}.creds"}} if with_credentials else entry


def spec_schema() -> Schema:
    """The schema of a NatsCluster's spec."""
    [found] = [each for each in custom_resource_definitions() if each["spec"]["names"]["kind"] == names.CLUSTER_KIND]
    schema: Schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return schema


_SCHEMA: Final = spec_schema()


class _Schemas:
    """Strategies of a schema's nodes, each made once: making them anew for every value takes most of the time."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, bool], st.SearchStrategy[Any]] = {}

    def values(self, schema: Schema, name: str, *, mostly: bool) -> st.SearchStrategy[Any]:
        """Values with a few of their fields, or with most: what a configuration depends on would hardly ever meet."""
        if name in FIELDS:
            return FIELDS[name]
        if "properties" not in schema:
            return values(schema, FIELDS, name)
        mostly = mostly and name != "pvc"
        made = self._made.get((id(schema), mostly))
        if made is None:
            properties = schema["properties"].items()
            parts = {field: self.values(part, field, mostly=mostly) for field, part in properties}
            made = self._made[id(schema), mostly] = _objects(parts, schema.get("required", []), mostly=mostly)
        return made


@st.composite
def _objects(
    draw: st.DrawFn, parts: dict[str, st.SearchStrategy[Any]], required: list[str], *, mostly: bool
) -> dict[str, Any]:
    optional = [field for field in parts if field not in required]
    if mostly:
        chosen = [field for field in optional if draw(_MOSTLY)]
    else:
        chosen = draw(st.lists(st.sampled_from(optional), unique=True, max_size=MOST_FIELDS)) if optional else []
    return {field: draw(parts[field]) for field in (*required, *chosen)}


def _specs() -> st.SearchStrategy[Object]:
    """Any few fields, with what the configuration depends on most there mostly."""
    schemas, properties = _Schemas(), _SCHEMA["properties"]
    parts = {name: schemas.values(properties[name], name, mostly=True) for name in ("replicas", "config", "tlsCA")}
    parts["auth"] = st.one_of(st.just({}), st.just({}), schemas.values(properties["auth"], "auth", mostly=True))
    few = schemas.values(_SCHEMA, "", mostly=False)
    return st.builds(_mended_with, few, st.fixed_dictionaries(parts))


def _mended_with(spec: Object, more: Object) -> Object:
    return mended({**spec, **more})


def mended(spec: Object) -> Object:
    """The spec with what rules ask of fields together, where chance hardly ever gives it."""
    config = {block: _with_certificate(settings) for block, settings in spec.get("config", {}).items()}
    monitor, jetstream = config.get("monitor", {}), config.get("jetstream", {})
    if monitor.get("tlsEnabled"):
        config["monitor"] = {**monitor, "enabled": True}
        config["nats"] = _with_certificate({**config.get("nats", {}), "tls": {"enabled": True, "secretName": "tls-a"}})
    store = jetstream.get("memoryStore", {})
    if store.get("enabled"):
        jetstream = config["jetstream"] = {**jetstream, "memoryStore": {"maxSize": "1Gi", **store}}
    if spec.get("replicas", 1) == 1 and config.get("mqtt", {}).get("enabled"):
        config["jetstream"] = {**jetstream, "enabled": True}
        config.pop("gateway", None)
    if spec.get("replicas", 1) == 1 and config.get("jetstream", {}).get("enabled"):
        config.pop("gateway", None)
    return {**_mended_around(spec), "config": config}


def _with_certificate(block: Any) -> Any:
    tls = block.get("tls", {}) if isinstance(block, dict) else {}
    ingress = block.get("ingress", {}) if isinstance(block, dict) else {}
    if tls.get("enabled"):
        block = {**block, "tls": {"secretName": "tls-a", **tls}}
    if ingress.get("enabled") and not ingress.get("hosts"):
        block = {**block, "ingress": {**ingress, "hosts": ["nats.example.com"]}}
    return block


def _mended_around(spec: Object) -> Object:
    """The same outside of `config`."""
    around = dict(spec)
    if not around.get("reloader", {}).get("enabled", True):
        around["podTemplate"] = {**around.get("podTemplate", {}), "configChecksumAnnotation": True}
    if around.get("service", {}).get("type") == "ExternalName":
        around["service"] = {**around["service"], "type": "LoadBalancer"}
    if "promExporter" in around:
        around["promExporter"] = {"monitorDomain": "nats.example.com", **around["promExporter"], "enabled": True}
    if "minAvailable" in around.get("podDisruptionBudget", {}):
        budget = around["podDisruptionBudget"]
        around["podDisruptionBudget"] = {key: budget[key] for key in budget if key != "maxUnavailable"}
    return around


def is_accepted(obj: Object) -> bool:
    return not isinstance(read_cluster(obj), InvalidResource)


any_crs: Final = st.builds(lambda spec, name: cluster_object(spec, name=name), _specs(), cluster_names)
"""NatsClusters, accepted or not; at least half of them are."""

accepted_crs: Final = any_crs.filter(is_accepted)
