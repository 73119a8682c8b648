"""What a batch has to know before it is applied: policy, boundary of pruning, and which videos exist.

Read in one statement behind the policy lock: a batch then has policy and boundary until it commits.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.policy import Policy
from core.policy_store import hold_against, policy_of
from workers.watch_time.boundary import NOTHING_PRUNED, Boundary

_LOOK = text("""
SELECT policy.*, pruning.before, pruning.pruned_at,
       ARRAY(SELECT id FROM videos WHERE id = ANY(:video_ids)) AS videos
FROM policy LEFT JOIN pruning ON true
""")


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands between events and rows."""

    boundary: Boundary
    videos: Collection[int]


async def look(session: AsyncSession, policy: Policy, video_ids: Collection[int]) -> Gate:
    """Return the boundary and those of the videos that exist.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    found = (await session.execute(_LOOK, {"video_ids": list(video_ids)})).one()
    hold_against(policy_of(found), policy)
    boundary = Boundary(found.before, found.pruned_at) if found.before else NOTHING_PRUNED
    return Gate(boundary, set(found.videos))
