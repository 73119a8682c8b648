"""`closed_days` and `roll`. Owned by `workers.day_close`."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, DateTime, ForeignKey, Index, Integer, func
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class ClosedDay(Base):
    """A local date that is final, with what the calendar said of it when it was closed."""

    __tablename__ = "closed_days"

    date: Mapped[date] = mapped_column(Date, primary_key=True)
    is_school_day: Mapped[bool] = mapped_column(Boolean)
    expected: Mapped[int] = mapped_column(Integer)
    """How many students are on its roll."""
    closed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Roll(Base):
    """A student who was expected on a closed day. Without a row of `attendance` beside it: an absence.

    Whatever becomes of calendar, courses and registrations later, who was expected stays as it was.
    """

    __tablename__ = "roll"
    __table_args__ = (Index(None, "date", "user_id"),)

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"), primary_key=True)
    date: Mapped[date] = mapped_column(Date, ForeignKey("closed_days.date"), primary_key=True)
