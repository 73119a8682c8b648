"""Every table, so that importing this package fills the metadata."""

from core.tables.courses import Course, Registration
from core.tables.dead_letters import DeadLetterAction
from core.tables.imports import RUNNING, ImportKey, ImportStatus, PlaylistImport, PlaylistItem
from core.tables.outbox import OutboxMessage
from core.tables.progress import Attendance, Player, Progress, ProgressEvent, Pruning, StoredPolicy
from core.tables.users import User
from core.tables.videos import Video

__all__ = [
    "RUNNING",
    "Attendance",
    "Course",
    "DeadLetterAction",
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
    "StoredPolicy",
    "User",
    "Video",
]
