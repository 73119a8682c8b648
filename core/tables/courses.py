"""`courses` and `registrations`. Owned by `api.courses`."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Course(Base):
    """A course; one imported from YouTube carries the id of its playlist."""

    __tablename__ = "courses"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    course_title: Mapped[str] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(Text)
    playlist_id: Mapped[str | None] = mapped_column(Text, unique=True)
    resync_hours: Mapped[int | None] = mapped_column(Integer)
    """How often its playlist is imported again; never where it is None."""
    first_day: Mapped[date | None] = mapped_column(Date)
    """From when to when its students are expected; without a limit where it is None."""
    last_day: Mapped[date | None] = mapped_column(Date)
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Registration(Base):
    """A student's place in a course."""

    __tablename__ = "registrations"
    __table_args__ = (Index(None, "course_id", "user_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
