"""Reasons about what a custom resource refers to: Secrets, ConfigMaps, JWTs, other resources, installed programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.words import ReasonName

_RIGHTS: Final = "Grant the operator `get` on it: docs/how-to/operate.md lists the rights."

REFERENCES: Final[Mapping[ReasonName, Reason]] = {
    "SecretNotFound": Reason(
        ("Degraded",),
        "A Secret that the spec refers to does not exist. What runs is left as it is.",
        "Create the Secret, correct the reference, or mark it `optional: true` where the field has that.",
    ),
    "ConfigMapNotFound": Reason(
        ("Degraded",),
        "A ConfigMap that the spec refers to does not exist. What runs is left as it is.",
        "Create the ConfigMap, correct the reference, or mark it `optional: true` where the field has that.",
    ),
    "KeyNotFound": Reason(
        ("Degraded",),
        "A Secret or ConfigMap that the spec refers to does not have the key.",
        "Add the key, or correct the reference.",
    ),
    "KeyEmpty": Reason(
        ("Degraded",),
        "A key that must not be empty is: nats-server would run without the protection that it is for.",
        "Put a value in.",
        needs_person=True,
    ),
    "SecretNotReadable": Reason(
        ("Degraded",), "The operator may not read a Secret that the spec refers to.", _RIGHTS, needs_person=True
    ),
    "ConfigMapNotReadable": Reason(
        ("Degraded",), "The operator may not read a ConfigMap that the spec refers to.", _RIGHTS, needs_person=True
    ),
    "JwtMalformed": Reason(
        ("Degraded",), "A JWT cannot be read, or is of another type.", "Store what nsc wrote.", needs_person=True
    ),
    "JwtUntrusted": Reason(
        ("Degraded",),
        "An account's JWT is not signed by the operator of spec.auth.jwt.operator or one of its signing keys.",
        "Have it signed by one of them, or name the right operator.",
        needs_person=True,
    ),
    "JwtSubjectMismatch": Reason(
        ("Degraded",),
        "An account's JWT is of another account than its publicKey says.",
        "Correct the one or the other.",
        needs_person=True,
    ),
    "JwtExpired": Reason(
        ("Degraded",),
        "A JWT has expired. The last good one stays in use where there is one.",
        "Replace it.",
        needs_person=True,
    ),
    "JwtNotYetValid": Reason(("Degraded",), "A JWT is not valid yet.", "Wait, or replace it."),
    "ExpiresSoon": Reason(
        ("ExpiringSoon",),
        "A certificate, a CA, a JWT or credentials expire within seven days. The servers still accept them.",
        "Renew what the message names: put the new one into the same Secret. The servers reload it, without a restart."
        " Where a program such as cert-manager renews it, see why it has not yet.",
    ),
    "Expired": Reason(
        ("ExpiringSoon", "Degraded"),
        "A certificate, a CA, a JWT or credentials have expired: who checks them is refused, or refuses the servers.",
        "Renew what the message names: put the new one into the same Secret. The servers reload it, without a restart.",
    ),
    "OperatorNotSelfSigned": Reason(
        ("Degraded",),
        "The operator's JWT is not signed by the operator itself, so nats-server refuses it.",
        "Have nsc sign it.",
        needs_person=True,
    ),
    "OtherSystemAccount": Reason(
        ("Degraded",),
        "The operator's JWT names another system account than spec.auth.jwt.systemAccount.",
        "Make them the same.",
        needs_person=True,
    ),
    "SystemAccountNotFound": Reason(
        ("Degraded",),
        "spec.auth.jwt.systemAccount is the publicKey of none of spec.auth.jwt.accounts.",
        "Correct it, or add the account.",
        needs_person=True,
    ),
    "SystemAccountHasJetStream": Reason(
        ("Degraded",),
        "The system account's JWT has JetStream limits, with which nats-server does not start.",
        "Remove those limits.",
        needs_person=True,
    ),
    "ClusterNotFound": Reason(
        ("Degraded", "Progressing"),
        "The NatsCluster (natsclusters.nats.crewlet.cloud) that a NatsBox refers to does not exist. The box waits for"
        " it; after three minutes this becomes Degraded.",
        "Create it, or correct spec.clusterRef.name.",
    ),
    "ClusterInvalid": Reason(
        ("Degraded",),
        "The NatsCluster that a NatsBox refers to has an invalid spec, so its address is not known.",
        "Correct the NatsCluster.",
        needs_person=True,
    ),
    "ContextNotFound": Reason(
        ("Degraded",),
        "A NatsBox has no context of the name that is to be selected.",
        "Add it to spec.contexts, or name another in spec.defaultContextName.",
        needs_person=True,
    ),
    "Installed": Reason(("NackIntegrationAvailable", "PodMonitorAvailable"), "The optional API is available."),
    "NackNotInstalled": Reason(
        ("NackIntegrationAvailable", "Degraded"),
        "The API server does not serve NACK's kinds. The servers are unaffected. It is Degraded only where the operator"
        " runs with NACK required.",
        "Install NACK, or remove userCreds from the accounts. It is checked again every minute.",
    ),
    "PodMonitorNotInstalled": Reason(
        ("PodMonitorAvailable",),
        "The API server does not serve the kind PodMonitor. The servers are unaffected.",
        "Install the Prometheus operator, or disable spec.promExporter.podMonitor. It is checked again every minute.",
    ),
    "NotWanted": Reason(
        ("NackIntegrationAvailable", "PodMonitorAvailable"),
        "It is no longer requested; the objects that were made for it are being deleted.",
    ),
    "Disabled": Reason(
        ("NackIntegrationAvailable",),
        "The operator runs with the NACK integration disabled. Existing Accounts are kept.",
        "Start the operator with the integration on `auto` to use it.",
    ),
    "Forbidden": Reason(
        ("NackIntegrationAvailable", "PodMonitorAvailable", "DeletionBlocked", "Progressing", "Degraded"),
        "The operator may not list an optional kind.",
        "Grant it the right: docs/how-to/operate.md lists the rights.",
        needs_person=True,
    ),
    "ClientCertificateRequired": Reason(
        ("NackIntegrationAvailable",),
        "The servers require client certificates (spec.config.nats.tls.verify), which an Account cannot carry.",
        "Start NACK with a client certificate of its own, or switch verify off.",
    ),
}
