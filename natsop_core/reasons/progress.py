"""Reasons that describe the progress of a cluster or box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.names import ReasonName

PROGRESS: Final[Mapping[ReasonName, Reason]] = {
    "Ready": Reason(("Ready",), "All servers are running the requested configuration, and there is no problem."),
    "EnoughReady": Reason(("Available",), "Enough pods are ready to serve."),
    "Stable": Reason(("Progressing",), "No change is in progress."),
    "AsExpected": Reason(("Degraded",), "There is no problem."),
    "Paused": Reason(
        ("Paused",),
        "The operator is paused for this resource by the annotation nats.crewlet.cloud/paused. It does not react to"
        " edits of the spec, to changed Secrets, or to changes of its objects by others.",
        "To resume, remove the annotation: `kubectl natsop resume NAME`, or `kubectl annotate natscluster NAME"
        " nats.crewlet.cloud/paused-`.",
    ),
    "NotCreated": Reason(
        ("Available", "Progressing"),
        "The StatefulSet or Deployment does not exist yet.",
        "If this does not change, the condition Degraded says why the operator cannot create it.",
    ),
    "NotObserved": Reason(
        ("Available", "Progressing", "ConfigurationLoaded"),
        "In Available and Progressing: Kubernetes has not processed the latest change of the StatefulSet or Deployment"
        " yet. In ConfigurationLoaded: a server has not reported its configuration.",
        "Wait. If it does not change, check that kube-controller-manager works, and that the operator can reach the"
        " monitor port of the pods (a NetworkPolicy may block it).",
    ),
    "TooFewReady": Reason(
        ("Available",),
        "Too few pods are ready to serve: JetStream needs a majority of the servers.",
        "The message names the pods that are not ready, the cause, and what to do. During a rolling restart, wait.",
    ),
    "RollingOut": Reason(
        ("Progressing",),
        "Pods of an older revision are being replaced, one at a time.",
        "Wait. If it stops at one pod, read the log of that pod: `kubectl logs POD -c nats`.",
    ),
    "PodsToGo": Reason(("Progressing",), "There are more pods than requested; the surplus is being stopped."),
    "PodsNotReady": Reason(
        ("Progressing",),
        "A pod is starting, or does not answer its readiness probe.",
        "Wait a minute. If it does not change, read the log of the pod: `kubectl logs POD -c nats`.",
    ),
    "RoutesIncomplete": Reason(
        ("Available", "Progressing"),
        "The servers run, but are not connected to each other, so JetStream cannot elect a leader.",
        "Read the log of container nats. The usual causes: the route certificate (spec.config.cluster.tls) is not"
        " valid for the host names of the pods, `*.CLUSTER-headless.NAMESPACE.svc.cluster.local`;"
        " a NetworkPolicy blocks the cluster port; or an included file sets different route credentials.",
    ),
    "MetaLeaderUnknown": Reason(
        ("Available", "Progressing"),
        "No server that answers knows the leader of the JetStream meta group, so the JetStream API does not work.",
        "After a start or the loss of a server, wait a few seconds. If it does not change, a majority of the servers"
        " does not answer or was replaced: see the log of container nats and `nats server report jetstream`.",
    ),
    "WaitingForCollection": Reason(
        ("Progressing",),
        "An object with the required name still belongs to a deleted resource of the same name, and is being deleted.",
        "Wait. If it still exists after a few minutes, the garbage collector of Kubernetes has missed it: delete it"
        " yourself.",
    ),
    "WaitingForSecret": Reason(
        ("Progressing",),
        "A Secret that the spec refers to does not exist yet. Nothing runs yet, so the operator waits for it;"
        " after three minutes this becomes Degraded.",
        "Create the Secret, or wait for the program that makes it (cert-manager, external-secrets).",
    ),
    "WaitingForConfigMap": Reason(
        ("Progressing",),
        "A ConfigMap that the spec refers to does not exist yet. Nothing runs yet, so the operator waits for it;"
        " after three minutes this becomes Degraded.",
        "Create the ConfigMap.",
    ),
    "WaitingForKey": Reason(
        ("Progressing",),
        "A Secret or ConfigMap exists, but does not have the key that the spec refers to. Nothing runs yet, so the"
        " operator waits for it; after three minutes this becomes Degraded.",
        "Add the key, or correct the reference.",
    ),
    "HeldBack": Reason(
        ("Progressing",),
        "An object is not applied yet, because an object that must come first could not be applied: a Secret or"
        " ConfigMap that its pods mount, or the finalizer that protects the NACK Accounts.",
        "The other conditions say why that object was rejected; once it is applied, the rest follows.",
    ),
    "Retrying": Reason(
        ("Progressing",),
        "A request to the API server or to the NATS servers failed; the operator retries it.",
        "If it keeps failing, check the API server and its webhooks or the NATS servers, and the network between them"
        " and the operator.",
    ),
    "Loaded": Reason(("ConfigurationLoaded",), "Every server runs the current configuration."),
    "ReloadPending": Reason(
        ("ConfigurationLoaded", "Progressing"),
        "A server still runs an earlier configuration. A changed ConfigMap or Secret takes up to two minutes to reach a"
        " pod; the server then reloads.",
        "Wait. After three minutes this becomes ReloadRejected.",
    ),
    "ClaimsPending": Reason(
        ("ConfigurationLoaded", "Progressing"),
        "A server still uses an earlier JWT of an account. The operator has pushed the new one to the full resolvers"
        " and waits until every server confirms it.",
        "Wait a few seconds. If it does not change, read the log of container nats: a server may have rejected the"
        " JWT, or may be disconnected from the others.",
    ),
    "NotKnown": Reason(
        ("ConfigurationLoaded",),
        "The operator cannot compute the digest that the servers should report, for instance because the configuration"
        " uses an environment variable whose value it does not know.",
    ),
}
