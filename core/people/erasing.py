"""Erasing somebody for good: what is left is a number that nothing personal hangs on."""

from sqlalchemy import delete, null, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.accounts import NO_PASSWORD
from core.clock import Clock, utc_now
from core.database import Base
from core.errors import Conflict, NotFound
from core.people.admins import require_another_admin
from core.people.holdings import HOLDINGS, Fate
from core.roles import ERASED
from core.tables import CorrectionEntry, Roster, RosterStatus, User

NO_USER = "there is no such user"
ALREADY = "this user was erased before"


async def erase(session: AsyncSession, user_id: int, clock: Clock = utc_now) -> dict[str, int]:
    """Delete what is kept about a user and return how many rows of each table; the caller commits.

    Entries of the audit stay, without the reasons, which people write about people. Workers that hold events
    of the user wait, and find nobody then; no rebuild brings anything back.

    Raises:
        NotFound: there is no such user.
        Conflict: nothing is left to erase, or nobody would be left who can let others in.

    """
    await require_another_admin(session, user_id)
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound(NO_USER)
    if user.role == ERASED:
        raise Conflict(ALREADY)
    deleted: dict[str, int] = {}
    for holding in HOLDINGS:
        if holding.fate is Fate.DELETED:
            table = Base.metadata.tables[holding.table]
            gone = await session.execute(delete(table).where(table.c[holding.column] == user_id))
            deleted[holding.table] = gone.rowcount  # type: ignore[attr-defined] # a delete has one
    about = update(CorrectionEntry).where(CorrectionEntry.user_id == user_id)
    await session.execute(about.values(reason=null(), old_reason=null()))
    # Files of rosters are lists of people, and are kept for a day at most anyway.
    await session.execute(
        update(Roster).where(Roster.status != RosterStatus.QUEUED.value).values(content=null())
    )
    user.username = user.username_key = f"erased-{user_id}"
    user.email = user.email_key = f"erased-{user_id}@erased.invalid"
    user.password_hash, user.role = NO_PASSWORD, ERASED
    user.disabled_at = user.disabled_at or clock()
    return deleted
