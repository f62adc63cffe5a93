"""Reasons why the operator or a server does not carry out a request of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.names import ReasonName

REFUSALS: Final[Mapping[ReasonName, Reason]] = {
    "InvalidSpec": Reason(
        ("Degraded",),
        "The spec contradicts itself, or requests something that Kubernetes or nats-server cannot run."
        " Running objects are not changed.",
        "Correct the field that the message names. `natsop validate` finds the same problems offline.",
        needs_person=True,
    ),
    "InvalidInclude": Reason(
        ("Degraded",),
        "A file of spec.config.includes has a syntax error or an unknown option or variable, or redefines an option"
        " that the streams depend on. No server gets it; running objects are not changed.",
        "Correct the file at the line that the message names.",
        needs_person=True,
    ),
    "InvalidConfig": Reason(
        ("Degraded",),
        "Your own nats.conf (spec.configMap.existingName) has a syntax error or an unknown option or variable, or"
        " changes the folder or the server names that the streams depend on. No server is restarted with it.",
        "Correct the file at the line that the message names.",
        needs_person=True,
    ),
    "ConfigurationDiffers": Reason(
        ("Degraded",),
        "An included file or your own nats.conf differs from the spec in a setting that Services and probes depend on:"
        " a port, or the monitor.",
        "Set the same value in both.",
        needs_person=True,
    ),
    "ImmutableField": Reason(
        ("Degraded",),
        "A field was changed that cannot change while servers run. The operator keeps the old value and applies"
        " everything else accordingly.",
        "Undo the change, or follow the steps in the message.",
        needs_person=True,
    ),
    "UnsafeScale": Reason(
        ("Degraded",),
        "Changing to the requested number of servers would destroy streams. The number is not changed.",
        "Set spec.replicas back, or back up the streams and set the annotation exactly as in the message.",
        needs_person=True,
    ),
    "DataOutsideVolume": Reason(
        ("Degraded",),
        "Servers that were taken over from another program store their streams in the containers, not on the volumes,"
        " and would lose them with the pods. Pods and configuration are not changed.",
        "Back up the streams, then set the annotation exactly as in the message.",
        needs_person=True,
    ),
    "NameConflict": Reason(
        ("Degraded",),
        "An object with the required name exists and does not belong to this resource. The operator does not touch it"
        " and applies everything else.",
        "Delete or rename that object, or give this resource another name.",
        needs_person=True,
    ),
    "ApplyRejected": Reason(
        ("Degraded",),
        "The API server rejects an object: a quota, an admission policy, or a value that it does not accept."
        " The operator applies everything else, and retries this object every minute.",
        "Correct the cause. The message quotes the error of the API server.",
        needs_person=True,
    ),
    "CredentialsRefused": Reason(
        ("Degraded",),
        "The NATS servers reject the credentials that the operator uses for its requests. The operator applies"
        " everything else, and retries the request every minute.",
        "Correct the credentials in the Secret that userCreds of the system account refers to.",
    ),
    "Contested": Reason(
        ("Degraded",),
        "Another program changes a field back each time the operator sets it. The operator slows down to one repair per"
        " minute.",
        "Find the program by the field manager in the message, and let only one of the two set the field.",
        needs_person=True,
    ),
    "ReloadRejected": Reason(
        ("Degraded", "ConfigurationLoaded"),
        "A server rejected the current configuration, and keeps running an earlier one."
        " It may not start after its next restart.",
        "Correct the configuration. The message quotes the error of the server if the operator has a user of the"
        " system account (its userCreds, or spec.auth.systemUser); otherwise read the log: `kubectl logs POD -c nats`.",
        needs_person=True,
    ),
    "ClaimsNotPushed": Reason(
        ("Degraded", "ConfigurationLoaded"),
        "An account has a new JWT, but servers with a full resolver still use an earlier one: a reload does not change"
        " an account that is in use. The operator cannot push the new JWT to them; the message says why.",
        "Set userCreds of the system account in spec.auth.jwt.accounts, or restart the servers:"
        " `kubectl rollout restart statefulset CLUSTER`.",
        needs_person=True,
    ),
    "PushRefused": Reason(
        ("Degraded",),
        "The NATS servers reject the new JWT of an account. They keep using the earlier one.",
        "Correct the JWT. The message quotes the error of the servers.",
        needs_person=True,
    ),
    "KeptByResolver": Reason(
        ("AccountsNotRemoved",),
        "Accounts were removed from spec.auth.jwt.accounts, but the full resolver keeps their JWTs: their users can"
        " still connect. Only a request that is signed with the key of the NATS operator can delete an account, and"
        " natsop never has this key.",
        "Delete the accounts with nsc and run `nsc push --prune`, which needs spec.auth.jwt.resolver.allowDelete."
        " It does not find an account that was added by a reload after the servers started:"
        " delete that one with `nsc push --account-removal NAME`.",
    ),
    "IncludeRedefines": Reason(
        ("ConfigurationOverridden",),
        "A file of spec.config.includes sets an option that the operator also renders. nats-server uses the option of"
        " the file; a block replaces the whole block of the operator. The fields of the spec for it have no effect, now"
        " and after later changes.",
        "If that is not intended, remove the option from the file and use the field of the spec.",
    ),
    "ExistingConfigMap": Reason(
        ("ConfigurationOverridden",),
        "Your own nats.conf is used unchanged, and does not include a file that the spec configures.",
        "Include the files that the message names.",
    ),
    "NoEffect": Reason(
        ("FieldsIgnored",),
        "A field of the spec has no effect, because another field that it depends on is disabled or has a different"
        " value. Everything else is applied.",
        "The message names both fields. Set the other one, or remove the field.",
    ),
    "FileNotMounted": Reason(
        ("FilesMounted",),
        "The configuration names a file (credentials, a certificate, a key) in a folder where no volume is mounted."
        " Unless the image contains the file, nats-server does not find it: a leaf node, for instance, never connects,"
        " and only the log of the server says so.",
        "Name a file in a mounted folder, such as the Secret of spec.tlsCA under /etc/nats-ca-cert.",
    ),
    "ExporterWithoutMonitor": Reason(
        ("Degraded",),
        "The exporter is enabled, but the monitor that it reads is not. The operator leaves the exporter out.",
        "Enable spec.config.monitor, or disable spec.promExporter.",
        needs_person=True,
    ),
    "IngressWithoutService": Reason(
        ("Degraded",),
        "The websocket Ingress is enabled, but the client Service is disabled or has no websocket port. The operator"
        " leaves the Ingress out.",
        "Enable spec.service and its websocket port, or disable spec.config.websocket.ingress.",
        needs_person=True,
    ),
}
