"""Reasons that only events use: something happened once, or may be unexpected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.names import ReasonName

EVENTS: Final[Mapping[ReasonName, Reason]] = {
    "Available": Reason(("Event",), "The condition Available became True."),
    "Unavailable": Reason(
        ("Event",),
        "The condition Available became False: too few pods are ready, or the servers know no meta leader.",
        "The message and the conditions give the cause and the remedy.",
    ),
    "Recovered": Reason(("Event",), "The condition Degraded became False."),
    "ConfigurationLoaded": Reason(("Event",), "Every server has loaded the changed configuration."),
    "Adopted": Reason(
        ("Event",),
        "The operator adopted an object that an earlier resource of this name left behind (--cascade=orphan, a"
        " restore).",
    ),
    "DataLossAllowed": Reason(
        ("Event",),
        "The operator carried out a change that can destroy streams, because the annotation"
        " nats.crewlet.cloud/allow-data-loss allows it.",
        "Remove the annotation.",
    ),
    "IdentityKept": Reason(
        ("Event",),
        "Servers that were taken over from another program keep running as the user that they had.",
        "To change the user, set runAsUser and fsGroup in spec.podTemplate.securityContext.",
    ),
    "ImageKept": Reason(
        ("Event",),
        "The spec sets no image tag, so running pods keep their image after an upgrade of the operator.",
        "To change the image, set the tag.",
    ),
    "TLSWithoutCA": Reason(
        ("Event",),
        "A listener verifies certificates, but spec.tlsCA names no CA, so only the CAs in the image are trusted.",
        "Set spec.tlsCA.",
    ),
    "TwoServers": Reason(
        ("Event",),
        "The cluster has two servers with JetStream. While one of them is down, for instance during a rolling restart,"
        " the JetStream API is unavailable, because it needs both: a majority of two is two.",
        "Use one server or three.",
    ),
    "VolumeTooSmall": Reason(
        ("Event",),
        "The volume is smaller than the limit of the JetStream file store.",
        "Make the claim at least as large as spec.config.jetstream.fileStore.maxSize.",
    ),
}
