"""Reasons about references of a custom resource: Secrets, ConfigMaps, JWTs, other resources, optional APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.names import ReasonName

_RIGHTS: Final = "Grant the operator `get` on it: docs/how-to/operate.md lists the rights."

REFERENCES: Final[Mapping[ReasonName, Reason]] = {
    "SecretNotFound": Reason(
        ("Degraded",),
        "A Secret that the spec refers to does not exist. Running objects are not changed.",
        "Create the Secret, correct the reference, or set `optional: true` if the field has it.",
    ),
    "ConfigMapNotFound": Reason(
        ("Degraded",),
        "A ConfigMap that the spec refers to does not exist. Running objects are not changed.",
        "Create the ConfigMap, correct the reference, or set `optional: true` if the field has it.",
    ),
    "KeyNotFound": Reason(
        ("Degraded",),
        "A Secret or ConfigMap that the spec refers to does not have the key.",
        "Add the key, or correct the reference.",
    ),
    "KeyEmpty": Reason(
        ("Degraded",),
        "A key of a Secret is empty although it must have a value: nats-server would run without the protection that"
        " it configures.",
        "Set a value.",
        needs_person=True,
    ),
    "SecretNotReadable": Reason(
        ("Degraded",), "The operator may not read a Secret that the spec refers to.", _RIGHTS, needs_person=True
    ),
    "ConfigMapNotReadable": Reason(
        ("Degraded",), "The operator may not read a ConfigMap that the spec refers to.", _RIGHTS, needs_person=True
    ),
    "JwtMalformed": Reason(
        ("Degraded",),
        "A JWT cannot be decoded, or has the wrong type.",
        "Store the JWT as nsc exports it.",
        needs_person=True,
    ),
    "JwtUntrusted": Reason(
        ("Degraded",),
        "The JWT of an account is not signed by the NATS operator in spec.auth.jwt.operator or by one of its signing"
        " keys.",
        "Sign it with one of these keys, or correct spec.auth.jwt.operator.",
        needs_person=True,
    ),
    "JwtSubjectMismatch": Reason(
        ("Degraded",),
        "The JWT of an account belongs to a different account than its publicKey.",
        "Correct the JWT or the publicKey.",
        needs_person=True,
    ),
    "JwtExpired": Reason(
        ("Degraded",),
        "A JWT has expired. The last valid one stays in use if there is one.",
        "Replace the JWT.",
        needs_person=True,
    ),
    "JwtNotYetValid": Reason(("Degraded",), "A JWT is not valid yet.", "Wait, or replace the JWT."),
    "ExpiresSoon": Reason(
        ("ExpiringSoon",),
        "A certificate, a CA, a JWT or credentials expire within seven days. The servers still accept them.",
        "Renew them in the same Secret. The servers reload them without a restart."
        " If a program such as cert-manager should renew them, check why it has not.",
    ),
    "Expired": Reason(
        ("ExpiringSoon", "Degraded"),
        "A certificate, a CA, a JWT or credentials have expired: connections that use them fail.",
        "Renew them in the same Secret. The servers reload them without a restart.",
    ),
    "OperatorNotSelfSigned": Reason(
        ("Degraded",),
        "The JWT of the NATS operator is not signed by this operator itself, so nats-server rejects it.",
        "Sign it with nsc.",
        needs_person=True,
    ),
    "OtherSystemAccount": Reason(
        ("Degraded",),
        "The JWT of the NATS operator names another system account than spec.auth.jwt.systemAccount.",
        "Set the same account in both.",
        needs_person=True,
    ),
    "SystemAccountNotFound": Reason(
        ("Degraded",),
        "No account in spec.auth.jwt.accounts has the publicKey in spec.auth.jwt.systemAccount.",
        "Correct it, or add the account.",
        needs_person=True,
    ),
    "SystemAccountHasJetStream": Reason(
        ("Degraded",),
        "The JWT of the system account has JetStream limits; nats-server does not start with them.",
        "Remove those limits.",
        needs_person=True,
    ),
    "ClusterNotFound": Reason(
        ("Degraded", "Progressing"),
        "The NatsCluster (natsclusters.nats.crewlet.cloud) that a NatsBox refers to does not exist. The box waits for"
        " it; after three minutes this becomes Degraded.",
        "Create the NatsCluster, or correct spec.clusterRef.name.",
    ),
    "ClusterInvalid": Reason(
        ("Degraded",),
        "The NatsCluster that a NatsBox refers to has an invalid spec, so its address is not known.",
        "Correct the NatsCluster.",
        needs_person=True,
    ),
    "ContextNotFound": Reason(
        ("Degraded",),
        "A NatsBox has no context with the name that should be selected.",
        "Add the context to spec.contexts, or select another one in spec.defaultContextName.",
        needs_person=True,
    ),
    "Installed": Reason(("NackIntegrationAvailable", "PodMonitorAvailable"), "The optional API is available."),
    "NackNotInstalled": Reason(
        ("NackIntegrationAvailable", "Degraded"),
        "The API server does not serve the kinds of NACK. The servers are not affected. The cluster is Degraded only if"
        " the operator is configured to require NACK.",
        "Install NACK, or remove userCreds from the accounts. The operator checks again every minute.",
    ),
    "PodMonitorNotInstalled": Reason(
        ("PodMonitorAvailable",),
        "The API server does not serve the kind PodMonitor. The servers are not affected.",
        "Install the Prometheus operator, or disable spec.promExporter.podMonitor. The operator checks again every"
        " minute.",
    ),
    "NotWanted": Reason(
        ("NackIntegrationAvailable", "PodMonitorAvailable"),
        "The integration is no longer requested; the operator deletes the objects that it created for it.",
    ),
    "Disabled": Reason(
        ("NackIntegrationAvailable",),
        "The NACK integration of the operator is disabled. Existing Accounts are kept.",
        "To use it, set the integration of the operator to `auto`.",
    ),
    "Forbidden": Reason(
        ("NackIntegrationAvailable", "PodMonitorAvailable", "DeletionBlocked", "Progressing", "Degraded"),
        "The operator is not allowed to list an optional kind.",
        "Grant it this right: docs/how-to/operate.md lists the rights.",
        needs_person=True,
    ),
    "ClientCertificateRequired": Reason(
        ("NackIntegrationAvailable",),
        "The servers require client certificates (spec.config.nats.tls.verify), which an Account cannot carry.",
        "Configure NACK with a client certificate, or disable verify.",
    ),
}
