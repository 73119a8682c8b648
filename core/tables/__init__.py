"""Every table, so that importing this package fills the metadata."""

from core.tables.closing import ClosedDay, Roll
from core.tables.corrections import Correction, CorrectionEntry
from core.tables.courses import Course, Registration
from core.tables.coverage import Coverage
from core.tables.dead_letters import DeadLetterAction
from core.tables.imports import RUNNING, ImportKey, ImportStatus, PlaylistImport, PlaylistItem
from core.tables.outbox import OutboxMessage
from core.tables.progress import Attendance, Player, Progress, ProgressEvent, Pruning, StoredPolicy
from core.tables.rosters import Roster, RosterStatus
from core.tables.rules import AttendanceRule
from core.tables.school import Holiday, StoredCalendar
from core.tables.users import User
from core.tables.videos import Video

__all__ = [
    "RUNNING",
    "Attendance",
    "AttendanceRule",
    "ClosedDay",
    "Correction",
    "CorrectionEntry",
    "Course",
    "Coverage",
    "DeadLetterAction",
    "Holiday",
    "ImportKey",
    "ImportStatus",
    "OutboxMessage",
    "Player",
    "PlaylistImport",
    "PlaylistItem",
    "Progress",
    "ProgressEvent",
    "Pruning",
    "Registration",
    "Roll",
    "Roster",
    "RosterStatus",
    "StoredCalendar",
    "StoredPolicy",
    "User",
    "Video",
]
