"""What a batch has to know before it is applied: policy, rules, boundary of pruning, which videos exist.

Read in one statement behind the policy lock: a batch then has policy, rules and boundary until it commits.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.rule_store import SCHOOL_RULES, school_rules
from core.attendance.rules import Rules
from core.policy import Policy
from core.policy_store import hold_against, policy_of
from workers.watch_time.boundary import NOTHING_PRUNED, Boundary

_LOOK = text(f"""
SELECT policy.*, pruning.before, pruning.pruned_at, {SCHOOL_RULES} AS rules,
       ARRAY(SELECT id FROM videos WHERE id = ANY(:video_ids)) AS videos
FROM policy LEFT JOIN pruning ON true
""")  # noqa: S608 - nothing but constants


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands between events and rows."""

    boundary: Boundary
    rules: Rules
    videos: Collection[int]


async def look(session: AsyncSession, policy: Policy, video_ids: Collection[int]) -> Gate:
    """Return rules and boundary, and those of the videos that exist.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    found = (await session.execute(_LOOK, {"video_ids": list(video_ids)})).one()
    hold_against(policy_of(found), policy)
    boundary = Boundary(found.before, found.pruned_at) if found.before else NOTHING_PRUNED
    return Gate(boundary, school_rules(found.rules, policy), set(found.videos))
