"""The condition types of NatsCluster and NatsBox, and the meaning of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.names import ConditionType

CONDITION_TYPES: Final[Mapping[ConditionType, str]] = {
    "Ready": "Available, not Progressing and not Degraded, all for the current generation of the spec."
    " This is the condition to wait for.",
    "Available": "Enough pods are ready to serve, whatever their revision: a majority of the servers of a NatsCluster,"
    " the one pod of a NatsBox. With JetStream on several servers, the servers also know a meta leader.",
    "Progressing": "A change is in progress: a pod still has an older revision, a pod is not ready yet, or the operator"
    " waits for an object that is expected to appear.",
    "Degraded": "There is a problem that does not resolve itself. The message lists all problems.",
    "Stalled": "Present, and True, while Degraded has a reason that only a person can resolve."
    " Flux and other tools that follow kstatus then report a failure at once. Absent otherwise.",
    "AccountsNotRemoved": "Present, and True, while the servers' full resolvers still have accounts that were removed"
    " from the spec.",
    "ConfigurationLoaded": "Every server reports the digest of the configuration that the operator rendered, has"
    " reloaded since the last change of certificates, keys or CAs and, with a full resolver, has the current JWTs of"
    " the accounts. Unknown while a server does not report a digest (nats-server before 2.11, monitoring disabled, no"
    " answer).",
    "ConfigurationOverridden": "Present, and True, while parts of the rendered configuration have no effect,"
    " because an included file or your own nats.conf replaces them.",
    "DeletionBlocked": "Present, and True, while a NatsCluster that is being deleted still has NACK Accounts."
    " Its servers keep running, so that NACK can delete the streams on them.",
    "ExpiringSoon": "Present, and True, while a certificate, a CA, a JWT or credentials that the spec refers to expire"
    " within seven days, or have expired. status.nextExpiry and the metric natsop_next_expiry_timestamp_seconds hold"
    " the earliest expiry time.",
    "FieldsIgnored": "Present, and True, while a field of the spec has no effect, because another field that it"
    " depends on is disabled or has a different value.",
    "FilesMounted": "Present, and False, while an included file or your own nats.conf names a file (credentials,"
    " a certificate, a key) in a folder where no volume is mounted.",
    "NackIntegrationAvailable": "NACK is installed and can connect. Present only while an account has userCreds.",
    "Paused": 'Present, and True, while the annotation nats.crewlet.cloud/paused is "true": the operator writes only'
    " the status and events of the resource. Available, Progressing and Ready still follow the pods; the other"
    " conditions and observedGeneration keep their last values. Deleting the resource works as usual.",
    "PodMonitorAvailable": "The PodMonitor kind of the Prometheus operator is installed."
    " Present only while spec.promExporter.podMonitor is enabled.",
}
