"""`videos`. Owned by `api.videos`."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Identity, Index, Integer, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Video(Base):
    """A video of a course, in playlist order. Never deleted: past watch time hangs on it.

    One with `unavailable` (why, for people) cannot be watched now; one with `removed_at` is in its playlist
    no more (`vanished`: it comes back when the playlist has it again) or was archived by an admin, and stays
    away. None of these is counted in what a student is expected to watch.
    """

    __tablename__ = "videos"
    __table_args__ = (Index(None, "course_id", "position", "id"),)

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
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
