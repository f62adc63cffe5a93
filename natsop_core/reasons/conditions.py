"""The condition types of NatsCluster and NatsBox, and what each says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.words import ConditionType

CONDITION_TYPES: Final[Mapping[ConditionType, str]] = {
    "Ready": "Available, not Progressing and not Degraded, all for the current generation of the spec."
    " This is the condition to wait for.",
    "Available": "Enough pods are ready to serve, whatever their revision: a majority of the servers of a NatsCluster,"
    " the one pod of a NatsBox. With JetStream on several servers, the servers also know a meta leader.",
    "Progressing": "Something is under way: a pod of an older revision remains, a pod is not ready yet, or the operator"
    " waits for something that is expected to appear.",
    "Degraded": "Something is wrong and does not pass by itself. The message lists everything that was found.",
    "Stalled": "Present, and True, while the reason of Degraded is one that only a person can end."
    " Flux and other tools that follow kstatus then report a failure at once. Absent otherwise.",
    "AccountsNotRemoved": "Present, and True, while the servers' full resolvers have accounts that were removed"
    " from the spec.",
    "ConfigurationLoaded": "Every server reports the digest of the configuration that the operator rendered, has"
    " reloaded since certificates, keys or CAs changed last and, with a full resolver, has the accounts' current JWTs."
    " Unknown where a server does not report one (nats-server before 2.11, monitoring disabled, no answer).",
    "ConfigurationOverridden": "Present, and True, while parts of the rendered configuration have no effect,"
    " because an included file or the user's own nats.conf replaces them.",
    "DeletionBlocked": "Present, and True, while a NatsCluster that is being deleted still has NACK Accounts."
    " Its servers keep running, so that NACK can delete the streams on them.",
    "ExpiringSoon": "Present, and True, while a certificate, a CA, a JWT or credentials that the spec refers to expire"
    " within seven days, or have expired. status.nextExpiry and the metric natsop_next_expiry_timestamp_seconds tell"
    " when the first of them does.",
    "FieldsIgnored": "Present, and True, while something in the spec has no effect, because something else that it"
    " needs is disabled or says otherwise.",
    "FilesMounted": "Present, and False, while an included file or the user's own nats.conf names a file (credentials,"
    " a certificate, a key) in a folder that no volume is mounted at.",
    "NackIntegrationAvailable": "NACK is installed and can connect. Present only while an account has userCreds.",
    "Paused": 'Present, and True, while the annotation nats.crewlet.cloud/paused is "true": the operator writes nothing'
    " for the resource but its status and events. Available, Progressing and Ready go on telling of the pods; all"
    " else, and observedGeneration, stay as they were reported last. Deleting the resource works as usual.",
    "PodMonitorAvailable": "The PodMonitor kind of the Prometheus operator is installed."
    " Present only while spec.promExporter.podMonitor is enabled.",
}
