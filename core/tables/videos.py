"""`videos` and `playlist_imports`. Owned by `api.videos`."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
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


class Video(Base):
    """A video of a course, in playlist order. Never deleted: past watch time hangs on it."""

    __tablename__ = "videos"
    __table_args__ = (Index(None, "course_id", "position", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(Text)
    video_link: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    duration_seconds: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ImportStatus(StrEnum):
    """Where an import stands."""

    QUEUED = "queued"


class PlaylistImport(Base):
    """One request to fetch a playlist; the state people see lives here, not in the broker."""

    __tablename__ = "playlist_imports"
    __table_args__ = (
        CheckConstraint("status IN ('queued')", name="status"),
        Index(
            "uq_playlist_imports_running",
            "course_id",
            unique=True,
            postgresql_where=text("status = 'queued'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    status: Mapped[str] = mapped_column(Text, server_default=ImportStatus.QUEUED.value)
    requested_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
