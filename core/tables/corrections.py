"""`attendance_corrections` and `attendance_audit`. Owned by `api.attendance`."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Identity, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Correction(Base):
    """What an admin says of a user's day; it holds beside whatever is computed, until it is withdrawn."""

    __tablename__ = "attendance_corrections"
    __table_args__ = (
        CheckConstraint("status IN ('present', 'absent', 'excused')", name="status"),
        Index(None, "date", "user_id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    date: Mapped[date] = mapped_column(Date, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    entry_id: Mapped[int] = mapped_column(ForeignKey("attendance_audit.id"))
    """The entry of the audit that it stands in."""


class CorrectionEntry(Base):
    """Who corrected a day or withdrew a correction, when, from what to what, and why.

    Never changed nor emptied: triggers see to it. Statuses are those that people saw before and after.
    """

    __tablename__ = "attendance_audit"
    __table_args__ = (
        CheckConstraint("action IN ('correct', 'withdraw')", name="action"),
        Index(None, "user_id", "date", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    date: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(Text)
    old_status: Mapped[str] = mapped_column(Text)
    old_reason: Mapped[str | None] = mapped_column(Text)
    """Of the correction that stood before, if there was one."""
    new_status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
