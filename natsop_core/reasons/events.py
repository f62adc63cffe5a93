"""Reasons of events alone: what happened once, or may surprise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.words import ReasonName

EVENTS: Final[Mapping[ReasonName, Reason]] = {
    "Available": Reason(("Event",), "The condition Available became True."),
    "Unavailable": Reason(
        ("Event",),
        "The condition Available became False: too few pods are ready, or the servers know no meta leader.",
        "The message, and the conditions, say why and what to do.",
    ),
    "Recovered": Reason(("Event",), "The condition Degraded became False."),
    "ConfigurationLoaded": Reason(("Event",), "Every server has loaded a changed configuration."),
    "Adopted": Reason(
        ("Event",),
        "An object that an earlier resource of this name left behind (--cascade=orphan, a restore) was taken back.",
    ),
    "DataLossAllowed": Reason(
        ("Event",),
        "A change that can destroy streams was carried out, because the annotation"
        " nats.crewlet.cloud/allow-data-loss names it.",
        "Remove the annotation.",
    ),
    "IdentityKept": Reason(
        ("Event",),
        "Servers that were taken over go on running as the user that they had.",
        "Set runAsUser and fsGroup in spec.podTemplate.securityContext to change that.",
    ),
    "ImageKept": Reason(
        ("Event",),
        "The spec names no image tag, so running pods keep theirs after an upgrade of the operator.",
        "Set the tag to move on.",
    ),
    "TLSWithoutCA": Reason(
        ("Event",),
        "A listener verifies certificates, and spec.tlsCA names no CA, so only the image's own CAs count.",
        "Set spec.tlsCA.",
    ),
    "TwoServers": Reason(
        ("Event",),
        "A cluster of two servers with JetStream: when one of them is down, also during a rolling restart,"
        " the JetStream API stops, because a majority of two is two.",
        "Use one server, or three.",
    ),
    "VolumeTooSmall": Reason(
        ("Event",),
        "The volume is smaller than what JetStream may store on it.",
        "Make the claim at least as large as spec.config.jetstream.fileStore.maxSize.",
    ),
}
