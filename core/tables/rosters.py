"""`rosters`. Owned by `core.rosters`."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class RosterStatus(StrEnum):
    """Where the reading of a roster stands."""

    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class Roster(Base):
    """A file of students and the courses they belong to, and what came of it, line by line.

    `done` lines of `total` are settled; they are counted as created, updated, unchanged or failed in the
    transaction that wrote them. `content` goes once nothing can be done with it any more.
    """

    __tablename__ = "rosters"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'done', 'failed')", name="status"),
        Index("ix_rosters_queued", "id", postgresql_where=text("status = 'queued'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    status: Mapped[str] = mapped_column(Text, server_default=RosterStatus.QUEUED.value)
    dry_run: Mapped[bool] = mapped_column(Boolean)
    """Judge only: nothing is written but the counts."""
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The file, in UTF-8."""
    ignored_columns: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    updated: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    unchanged: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failed: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """Of the first lines that failed: `line`, `column` and `reason`."""
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """None where a command asked for it."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
