"""`playlist_imports`, `import_keys` and `playlist_items`. Owned by `core.imports`."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class ImportStatus(StrEnum):
    """Where an import stands."""

    QUEUED = "queued"
    FETCHING = "fetching"
    IMPORTING = "importing"
    PAUSED_UNTIL = "paused_until"
    DONE = "done"
    DONE_WITH_WARNINGS = "done_with_warnings"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_running(self) -> bool:
        """Whether it will go on by itself. A course has one such import at most."""
        return self in RUNNING


RUNNING = frozenset(
    {ImportStatus.QUEUED, ImportStatus.FETCHING, ImportStatus.IMPORTING, ImportStatus.PAUSED_UNTIL}
)
IS_RUNNING = "status IN ('queued', 'fetching', 'importing', 'paused_until')"
"""`RUNNING` in SQL, as the index of running imports has it."""


class PlaylistImport(Base):
    """One request to fetch a playlist; the state people see lives here, not in the broker."""

    __tablename__ = "playlist_imports"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'fetching', 'importing', 'paused_until', 'done', 'done_with_warnings', "
            "'failed', 'cancelled')",
            name="status",
        ),
        CheckConstraint("(status = 'paused_until') = (paused_until IS NOT NULL)", name="pause"),
        Index("uq_playlist_imports_running", "course_id", unique=True, postgresql_where=text(IS_RUNNING)),
        Index(None, "course_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    status: Mapped[str] = mapped_column(Text, server_default=ImportStatus.QUEUED.value)
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None where the schedule or a command asked for it."""
    accept_removals: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    """An admin has said that it is right if many videos vanish."""

    paused_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason_code: Mapped[str | None] = mapped_column(Text)
    """Why it failed, is paused or ended with warnings, as a word for programs."""
    reason: Mapped[str | None] = mapped_column(Text)
    """The same as a sentence for people."""

    attempt: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    """How often a worker took it; whoever has an older number has lost it."""
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    """How often it was paused or failed since it last came further than ever before."""
    losses: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    """How often its worker vanished since then."""
    furthest: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    """The most items that it ever had; what has to start over is no further for it."""
    cursor: Mapped[str | None] = mapped_column(Text)
    """Where the source goes on after a crash."""

    playlist_title: Mapped[str | None] = mapped_column(Text)
    total: Mapped[int | None] = mapped_column(Integer)
    """How many items the playlist has, by its own account."""
    found: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    imported: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    unavailable: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failed: Mapped[int] = mapped_column(Integer, server_default=text("0"))

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it was sent to the workers; None as well where one has taken it, or it waits for a time."""
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    heartbeat_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ImportKey(Base):
    """What an `Idempotency-Key` of somebody's means, for ever. Several may mean the same import."""

    __tablename__ = "import_keys"

    requested_by: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("playlist_imports.id", ondelete="CASCADE"))


class PlaylistItem(Base):
    """One place in a fetched playlist, as the page that had it was stored. The same video may come twice."""

    __tablename__ = "playlist_items"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("playlist_imports.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    youtube_id: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    duration_seconds: Mapped[int | None] = mapped_column(Integer)
    unavailable: Mapped[str | None] = mapped_column(Text)
    """Why it cannot be watched."""
    problem: Mapped[str | None] = mapped_column(Text)
    """Why it could not be imported."""
