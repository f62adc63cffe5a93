"""Reasons why something that was written is not carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.words import ReasonName

REFUSALS: Final[Mapping[ReasonName, Reason]] = {
    "InvalidSpec": Reason(
        ("Degraded",),
        "The spec contradicts itself, or asks for something that Kubernetes or nats-server cannot run."
        " Everything that runs is left as it is.",
        "Correct the field that the message names. `natsop validate` says the same offline.",
        needs_person=True,
    ),
    "InvalidInclude": Reason(
        ("Degraded",),
        "A file of spec.config.includes does not parse, names an unknown option or variable, or redefines what the"
        " streams depend on. No server gets it; everything that runs is left as it is.",
        "Correct the file at the line that the message names.",
        needs_person=True,
    ),
    "InvalidConfig": Reason(
        ("Degraded",),
        "The user's own nats.conf (spec.configMap.existingName) does not parse, names an unknown option or variable, or"
        " takes the streams' folder or names away. No server is restarted into it.",
        "Correct the file at the line that the message names.",
        needs_person=True,
    ),
    "ConfigurationDiffers": Reason(
        ("Degraded",),
        "An included file or the user's own nats.conf says something else than the spec's typed fields, by which"
        " Services and probes are made: a port, or the monitor.",
        "Make them the same.",
        needs_person=True,
    ),
    "ImmutableField": Reason(
        ("Degraded",),
        "A field was changed that cannot change under running servers. It stays as it is, and everything else is"
        " applied as if it had not been changed.",
        "Undo the change, or follow the way that the message describes.",
        needs_person=True,
    ),
    "UnsafeScale": Reason(
        ("Degraded",),
        "The requested number of servers would destroy streams. The number stays as it is.",
        "Set spec.replicas back, or back up the streams and set the annotation exactly as the message says.",
        needs_person=True,
    ),
    "DataOutsideVolume": Reason(
        ("Degraded",),
        "Servers that another program started keep their streams in the containers, not on the volumes, and would lose"
        " them with their pods. Pods and configuration stay as they are.",
        "Back up the streams, then set the annotation exactly as the message says.",
        needs_person=True,
    ),
    "NameConflict": Reason(
        ("Degraded",),
        "An object of the needed name exists and belongs to somebody else. It is left alone, and everything else is"
        " applied.",
        "Remove or rename that object, or give this resource another name.",
        needs_person=True,
    ),
    "ApplyRejected": Reason(
        ("Degraded",),
        "The API server refuses an object: a quota, an admission policy, or a value that it does not accept."
        " Everything else is applied, and the object is tried again every minute.",
        "See the message for its words.",
        needs_person=True,
    ),
    "CredentialsRefused": Reason(
        ("Degraded",),
        "The servers refuse the credentials with which the operator sends them requests. Everything else is applied,"
        " and the request is sent again every minute.",
        "Correct the credentials: the Secret of the system account's userCreds.",
    ),
    "Contested": Reason(
        ("Degraded",),
        "Another program changes a field back each time the operator sets it. Repairs slow down to one a minute.",
        "Find the program by the manager that the message names, and let only one of the two set the field.",
        needs_person=True,
    ),
    "ReloadRejected": Reason(
        ("Degraded", "ConfigurationLoaded"),
        "A server refused to load the current configuration, and goes on with an earlier one."
        " At its next start it may not come up.",
        "Correct what it did not accept. The message has the server's own words where the operator has a user of the"
        " system account (its userCreds, or spec.auth.systemUser); otherwise see the log: `kubectl logs POD -c nats`.",
        needs_person=True,
    ),
    "ClaimsNotPushed": Reason(
        ("Degraded", "ConfigurationLoaded"),
        "An account has a new JWT, and servers with a full resolver still use an earlier one: a reload does not change"
        " an account that is in use. The operator cannot tell them; the message says why.",
        "Set userCreds of the system account in spec.auth.jwt.accounts, or restart the servers:"
        " `kubectl rollout restart statefulset CLUSTER`.",
        needs_person=True,
    ),
    "PushRefused": Reason(
        ("Degraded",),
        "The servers refuse the new JWT of an account. They go on with the earlier one.",
        "See the message for their words.",
        needs_person=True,
    ),
    "KeptByResolver": Reason(
        ("AccountsNotRemoved",),
        "Accounts were removed from spec.auth.jwt.accounts, but a full resolver keeps what it has: their users still"
        " get in. Deleting an account takes a request that is signed with the operator's key, which natsop never has.",
        "Delete the accounts with nsc and run `nsc push --prune`, which needs spec.auth.jwt.resolver.allowDelete."
        " It does not find an account that came with a reload since the servers were started:"
        " `nsc push --account-removal NAME` deletes that.",
    ),
    "IncludeRedefines": Reason(
        ("ConfigurationOverridden",),
        "A file of spec.config.includes sets an option that the operator renders, too. nats-server takes the file's,"
        " and a block replaces the whole of ours. What the spec says of it has no effect, and is not followed later.",
        "If that is not intended, take the option out of the file and use the field of the spec.",
    ),
    "ExistingConfigMap": Reason(
        ("ConfigurationOverridden",),
        "The user's own nats.conf is used as it is, and does not include a file that the spec asks for.",
        "Include the files that the message names.",
    ),
    "NoEffect": Reason(
        ("FieldsIgnored",),
        "A field of the spec has no effect, because something else that it needs is disabled or says otherwise."
        " Everything else is applied.",
        "The message names the field and what it needs. Set that, or remove the field.",
    ),
    "FileNotMounted": Reason(
        ("FilesMounted",),
        "The configuration names a file (credentials, a certificate, a key) in a folder that no volume is mounted at."
        " If the image does not hold it, nats-server does not find it: a leaf node, for instance, never connects, and"
        " only the server's log says so.",
        "Name a file in a folder that is mounted, such as the Secret of spec.tlsCA under /etc/nats-ca-cert.",
    ),
    "ExporterWithoutMonitor": Reason(
        ("Degraded",),
        "The exporter is enabled and the monitor is not, so it has nothing to ask. It is left out.",
        "Enable spec.config.monitor, or disable spec.promExporter.",
        needs_person=True,
    ),
    "IngressWithoutService": Reason(
        ("Degraded",),
        "The websocket Ingress is enabled, and the client Service is disabled or lacks the websocket port. The Ingress"
        " is left out.",
        "Enable spec.service and its websocket port, or disable spec.config.websocket.ingress.",
        needs_person=True,
    ),
}
