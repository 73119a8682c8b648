"""`videos`. Owned by `api.videos`."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
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
    """A video of a course, in playlist order. Never deleted: past watch time hangs on it.

    One with `unavailable` (why, for people) cannot be watched now; one with `removed_at` is in its playlist
    no more (`vanished`: it comes back when the playlist has it again) or was archived by an admin, and stays
    away. None of these is counted in what a student is expected to watch.
    """

    __tablename__ = "videos"
    __table_args__ = (
        Index(None, "course_id", "position", "id"),
        Index(None, "assigned_on", "course_id", postgresql_where=text("assigned_on IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(Text)
    video_link: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    duration_seconds: Mapped[int | None] = mapped_column(Integer)
    youtube_id: Mapped[str | None] = mapped_column(Text)
    unavailable: Mapped[str | None] = mapped_column(Text)
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    vanished: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    """Its playlist had it no more, at `removed_at`."""
    assigned_on: Mapped[date | None] = mapped_column(Date)
    """The day on which its students are to watch it; counts where a rule asks for a share of that."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
