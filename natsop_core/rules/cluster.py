"""The rules of NatsCluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.kubernetes.rule import Rule
from natsop_core.listeners import LISTENERS
from natsop_core.rules.ports import PORTS_DIFFER, SERVICE_HAS_PORT
from natsop_core.rules.sizes import size_rule, volume_size_rule
from natsop_core.rules.texts import (
    CLUSTER_DOMAIN,
    CLUSTER_NAME,
    INCLUDE_NAME,
    RESERVED_ENVIRONMENT,
    RESOLVER_INTERVAL,
    SERVER_NAME_PREFIX,
)

if TYPE_CHECKING:
    from natsop_core.api.auth import JwtSpec
    from natsop_core.api.natscluster import NatsClusterSpec
    from natsop_core.listeners import ListenerRow

_JETSTREAM: Final = "self.?config.?jetstream.?enabled.orValue(false)"
_OWN_FILE: Final = "self.?configMap.?existingName.orValue('') != ''"
"""With the user's own nats.conf, the rule does not know what is enabled."""


def _tls_rule(row: ListenerRow) -> Rule:
    return Rule(
        name=f"{row.name}-tls-secret",
        at=f"spec.{row.path}.tls",
        cel="!self.?enabled.orValue(false) || self.?secretName.orValue('') != ''",
        message="secretName is required when TLS is enabled",
        holds=lambda tls: not tls.enabled or bool(tls.secret_name),
    )


def _monitor_has_certificate(spec: NatsClusterSpec) -> bool:
    return not spec.config.monitor.tls_enabled or spec.config.nats.tls.enabled or bool(spec.config_map.existing_name)


def _exporter_knows_domain(spec: NatsClusterSpec) -> bool:
    exporter = spec.prom_exporter
    return not (exporter.enabled and spec.config.monitor.tls_enabled) or bool(exporter.monitor_domain)


def _mqtt_has_jetstream(spec: NatsClusterSpec) -> bool:
    config = spec.config
    return (
        not config.mqtt.enabled or spec.replicas > 1 or config.jetstream.enabled or bool(spec.config_map.existing_name)
    )


def _gateway_has_routes(spec: NatsClusterSpec) -> bool:
    needs_routes = spec.config.gateway.enabled and spec.config.jetstream.enabled
    return not needs_routes or spec.replicas > 1 or bool(spec.config_map.existing_name)


def _system_account_exists(jwt: JwtSpec) -> bool:
    return jwt.system is not None


CLUSTER_RULES: Final = (
    CLUSTER_NAME,
    Rule(
        name="config-changes-arrive",
        at="spec",
        cel="self.?reloader.?enabled.orValue(true) || self.?podTemplate.?configChecksumAnnotation.orValue(false)",
        message=(
            "reloader.enabled or podTemplate.configChecksumAnnotation must be true, "
            "otherwise a changed configuration does not reach the servers"
        ),
        holds=lambda spec: spec.reloader.enabled or spec.pod_template.config_checksum_annotation,
    ),
    PORTS_DIFFER,
    SERVICE_HAS_PORT,
    Rule(
        name="monitor-tls-certificate",
        at="spec",
        cel=(
            "!self.?config.?monitor.?tlsEnabled.orValue(false) || self.?config.?nats.?tls.?enabled.orValue(false) || "
            + _OWN_FILE
        ),
        message="config.monitor.tlsEnabled needs config.nats.tls, whose certificate it uses",
        holds=_monitor_has_certificate,
    ),
    Rule(
        name="exporter-monitor-domain",
        at="spec",
        cel=(
            "!(self.?promExporter.?enabled.orValue(false) && self.?config.?monitor.?tlsEnabled.orValue(false)) || "
            "self.?promExporter.?monitorDomain.orValue('') != ''"
        ),
        message="promExporter.monitorDomain is required with config.monitor.tlsEnabled: a host name in the certificate",
        holds=_exporter_knows_domain,
    ),
    Rule(
        name="mqtt-jetstream",
        at="spec",
        cel=f"!self.?config.?mqtt.?enabled.orValue(false) || self.replicas > 1 || {_JETSTREAM} || {_OWN_FILE}",
        message="config.mqtt on a single server needs config.jetstream.enabled",
        holds=_mqtt_has_jetstream,
    ),
    Rule(
        name="gateway-routes",
        at="spec",
        cel=f"!(self.?config.?gateway.?enabled.orValue(false) && {_JETSTREAM}) || self.replicas > 1 || {_OWN_FILE}",
        message="config.gateway together with config.jetstream needs more than one replica",
        holds=_gateway_has_routes,
    ),
    *(_tls_rule(row) for row in LISTENERS if row.tls),
    CLUSTER_DOMAIN,
    SERVER_NAME_PREFIX,
    INCLUDE_NAME,
    Rule(
        name="include-source",
        at="spec.config.includes[]",
        cel="has(self.secret) != has(self.configMap)",
        message="exactly one of secret and configMap must be set",
        holds=lambda include: (include.secret is None) != (include.config_map is None),
    ),
    Rule(
        name="monitor-tls-monitor",
        at="spec.config.monitor",
        cel="!self.?tlsEnabled.orValue(false) || self.?enabled.orValue(true)",
        message="tlsEnabled requires the monitor to be enabled",
        holds=lambda monitor: not monitor.tls_enabled or monitor.enabled,
    ),
    Rule(
        name="ingress-hosts",
        at="spec.config.websocket.ingress",
        cel="!self.?enabled.orValue(false) || size(self.?hosts.orValue([])) > 0",
        message="hosts must have at least one entry when the Ingress is enabled",
        holds=lambda ingress: not ingress.enabled or bool(ingress.hosts),
    ),
    size_rule("file-store-size", "spec.config.jetstream.fileStore.maxSize"),
    volume_size_rule("volume-size", "spec.config.jetstream.fileStore.pvc.resources"),
    size_rule("memory-store-size", "spec.config.jetstream.memoryStore.maxSize"),
    Rule(
        name="memory-store-bounded",
        at="spec.config.jetstream.memoryStore",
        cel="!self.?enabled.orValue(false) || has(self.maxSize)",
        message="maxSize is required when the memory store is enabled",
        holds=lambda store: not store.enabled or store.max_size is not None,
    ),
    Rule(
        name="system-account",
        at="spec.auth.jwt",
        cel="self.accounts.exists(account, account.publicKey == self.systemAccount)",
        message="systemAccount must be the publicKey of one of the accounts",
        holds=_system_account_exists,
    ),
    Rule(
        name="resolver-storage",
        at="spec.auth.jwt.resolver",
        cel="self.type != 'full' || has(self.storage)",
        message="storage is required when type is full",
        holds=lambda resolver: resolver.type != "full" or resolver.storage is not None,
    ),
    RESOLVER_INTERVAL,
    volume_size_rule("resolver-volume-size", "spec.auth.jwt.resolver.storage.resources"),
    Rule(
        name="ca-source",
        at="spec.tlsCA",
        cel="!(has(self.secret) && has(self.configMap))",
        message="only one of secret and configMap can be set",
        holds=lambda ca: ca.secret is None or ca.config_map is None,
    ),
    RESERVED_ENVIRONMENT,
    Rule(
        name="pod-monitor-exporter",
        at="spec.promExporter",
        cel="!self.?podMonitor.?enabled.orValue(false) || self.?enabled.orValue(false)",
        message="the exporter must be enabled when podMonitor is enabled",
        holds=lambda exporter: not exporter.pod_monitor.enabled or exporter.enabled,
    ),
    Rule(
        name="disruption-limits",
        at="spec.podDisruptionBudget",
        cel="!(has(self.minAvailable) && has(self.maxUnavailable))",
        message="only one of minAvailable and maxUnavailable can be set",
        holds=lambda budget: budget.min_available is None or budget.max_unavailable is None,
    ),
)
