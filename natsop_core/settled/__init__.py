"""Whether a cluster is settled: whether another server can be stopped without harm to any stream.

A pure decision over what the servers answer. A cluster is settled if two looks at all its servers, at least a second
apart, find nothing of this table. A look that lacks an answer, or has one that cannot be read, finds that.

| what | must be | otherwise |
| --- | --- | --- |
| every server | answers; says who it is, when it is, and what it stores | ServerSilent, AnswerUnreadable |
| plain /healthz of every server | 200 | ServerUnhealthy |
| the pod of every server | of the latest revision | ServerOutdated |
| the meta group | one leader, on which all servers agree and which answers | NoLeader |
| | as many members as the cluster has servers | MembersDiffer |
| the group of every stream and consumer | one leader | NoLeader |
| | as many members as configured, each of which reports the stream or consumer | MembersDiffer |
| | not being moved to other servers | Moving |
| every member of these groups | not offline, heard by the leader within 5 s | MemberAway |
| | at most 100 operations behind | MemberBehind |
| | has stored what the leader of a stream had stored in the look before, but for 100 messages | MemberBehind |
| without JetStream: every server | has routes to all others | ServerDisconnected |
| two looks | 1 s apart by the clock of each server | SeenOnce |

Each source is wrong at some time after a restart, and another one right. /healthz cannot see a missing member; /jsz
calls a member current that has yet to fetch messages. Plain /healthz is needed: the variants that the probes of pods
use ignore streams. `current` of /jsz is not used under load: it means a lag of 0 at that moment.
"""

from natsop_core.settled.answers import HEALTH, JETSTREAM, ROUTES, VARIABLES, observe
from natsop_core.settled.decision import APART, look, settled
from natsop_core.settled.finding import Unsettled, UnsettledReason
from natsop_core.settled.groups import fault
from natsop_core.settled.observation import Group, JetStream, Member, Observation, Stream

__all__ = [
    "APART",
    "HEALTH",
    "JETSTREAM",
    "ROUTES",
    "VARIABLES",
    "Group",
    "JetStream",
    "Member",
    "Observation",
    "Stream",
    "Unsettled",
    "UnsettledReason",
    "fault",
    "look",
    "observe",
    "settled",
]
