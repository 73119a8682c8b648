"""`attendance_rules`. Owned by `core.attendance`."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    Numeric,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class AttendanceRule(Base):
    """One version of what a day asks for, of the school or of a course. Never changed: triggers see to it.

    In force on a date is the one with the latest `effective_from` up to it, of several the highest `id`.
    """

    __tablename__ = "attendance_rules"
    __table_args__ = (
        CheckConstraint("minimum_seconds BETWEEN 0 AND 86400", name="minimum_seconds"),
        CheckConstraint("minimum_share > 0 AND minimum_share <= 1", name="minimum_share"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id"))
    """None for the school's."""
    effective_from: Mapped[date] = mapped_column(Date)
    minimum_seconds: Mapped[int] = mapped_column(Integer)
    """With a share: what a day asks for to which no video is assigned."""
    minimum_share: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    """Of the day's assigned video time."""
    reason: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None where a command made it."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
