"""Which tables hold something about people, in which column, and what becomes of it when one is erased."""

from dataclasses import dataclass
from enum import Enum


class Fate(Enum):
    """What becomes of a row when the user it is about, or who made it, is erased."""

    DELETED = "deleted"
    KEPT = "kept"
    """It says what somebody did in the school's name; who that was is a number without a name by then."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A table whose rows name a user in a column."""

    table: str
    column: str
    fate: Fate
    exported: bool = True


HOLDINGS = (
    Holding("registrations", "user_id", Fate.DELETED),
    Holding("progress_events", "user_id", Fate.DELETED),
    Holding("players", "user_id", Fate.DELETED, exported=False),  # says nothing that the events do not
    Holding("progress", "user_id", Fate.DELETED),
    Holding("coverage", "user_id", Fate.DELETED),
    Holding("attendance", "user_id", Fate.DELETED),
    Holding("roll", "user_id", Fate.DELETED),
    Holding("attendance_corrections", "user_id", Fate.DELETED),
    Holding("attendance_audit", "user_id", Fate.KEPT),
    Holding("attendance_audit", "by", Fate.KEPT),
    Holding("attendance_rules", "created_by", Fate.KEPT),
    Holding("import_keys", "requested_by", Fate.DELETED),
    Holding("playlist_imports", "requested_by", Fate.KEPT),
    Holding("rosters", "requested_by", Fate.KEPT),
    Holding("dead_letter_actions", "user_id", Fate.KEPT),
)
"""In the order in which rows may be deleted."""
