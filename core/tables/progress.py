"""`progress_events`, `players`, `progress`, `attendance`, `pruning`, owned by `workers.watch_time`; `policy`.

`policy` is owned by `core.policy_store`. Everyone else only selects. Primary keys of what grows begin with
`user_id`, the column a cluster would be cut by.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    SmallInteger,
    Text,
    Uuid,
    false,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class ProgressEvent(Base):
    """The log: every accepted event once, never changed. Dedupe, audit and rebuild source in one.

    Only `edutrack prune` removes from it, what belongs to days that are final.
    `kind` is 0 pause, 1 heartbeat, 2 play, so that `(occurred_at, kind, event_id)` is the order in which
    events are read. The absent session is the empty string. `late` marks an event applied after its day
    was final. No foreign keys: the worker checks user and video in the statements it runs anyway.
    """

    __tablename__ = "progress_events"
    __table_args__ = (
        CheckConstraint("kind BETWEEN 0 AND 2", name="kind"),
        CheckConstraint("claimed_seconds BETWEEN 0 AND 43200", name="claimed_seconds"),
        Index("ix_progress_events_time", "user_id", "occurred_at"),
        Index(
            "ix_progress_events_player",
            *("user_id", "video_id", "session_id", "occurred_at"),
            postgresql_include=["kind"],
        ),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    video_id: Mapped[int] = mapped_column(BigInteger)
    session_id: Mapped[str] = mapped_column(Text, server_default="")
    kind: Mapped[int] = mapped_column(SmallInteger)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    claimed_seconds: Mapped[int | None] = mapped_column(Integer)
    position_seconds: Mapped[float | None] = mapped_column(Double)
    playback_rate: Mapped[float | None] = mapped_column(Double)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    applied_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    late: Mapped[bool] = mapped_column(Boolean, server_default=false())


class Player(Base):
    """What the log so far means for the next event of one user, video and session; derived from the log.

    `last_*` is the order of its latest event; `span_*` the span that event left open, if it did.
    """

    __tablename__ = "players"
    __table_args__ = (Index(None, "user_id", "last_at"),)

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    video_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    session_id: Mapped[str] = mapped_column(Text, primary_key=True)
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_kind: Mapped[int] = mapped_column(SmallInteger)
    last_event_id: Mapped[UUID] = mapped_column(Uuid)
    span_start: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    span_opened_by: Mapped[UUID | None] = mapped_column(Uuid)
    span_last_heartbeat: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Progress(Base):
    """Watch time of one user on one video on one local date; a pure function of the log."""

    __tablename__ = "progress"
    __table_args__ = (Index(None, "user_id", "date"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("videos.id"), primary_key=True)
    date: Mapped[date] = mapped_column(Date, primary_key=True)
    start_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    first_start_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    end_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    watch_time: Mapped[timedelta] = mapped_column(Interval)


class Attendance(Base):
    """One user's day: `total_time` is exactly the sum of that day's `watch_time`."""

    __tablename__ = "attendance"
    __table_args__ = (
        CheckConstraint("status IN ('present', 'absent')", name="status"),
        Index(None, "date", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    date: Mapped[date] = mapped_column(Date, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    total_time: Mapped[timedelta] = mapped_column(Interval)
    overlap_time: Mapped[timedelta] = mapped_column(Interval)
    rule_id: Mapped[int | None] = mapped_column(BigInteger)
    """The version of the school's rule that judged it; None is the policy's minimum. Rules never go away."""
    required_seconds: Mapped[int | None] = mapped_column(Integer)
    """What the day asked for when it was judged; None in rows older than rules: the policy's minimum."""


class Pruning(Base):
    """One row once something was pruned: since `pruned_at` the log of local days before `before` is gone."""

    __tablename__ = "pruning"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, server_default="1")
    before: Mapped[date] = mapped_column(Date)
    pruned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class StoredPolicy(Base):
    """The one policy the stored rows were computed under; `edutrack rebuild --policy` changes it."""

    __tablename__ = "policy"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, server_default="1")
    timezone: Mapped[str] = mapped_column(Text)
    overlap: Mapped[str] = mapped_column(Text)
    late_days: Mapped[int] = mapped_column(Integer)
    attendance_min_seconds: Mapped[int] = mapped_column(Integer)
