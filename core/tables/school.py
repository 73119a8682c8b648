"""`school_calendar` and `holidays`. Owned by `api.attendance`."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Date, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class StoredCalendar(Base):
    """One row once somebody has set it: on which weekdays (ISO, 1 is Monday) there is school; else on all."""

    __tablename__ = "school_calendar"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, server_default="1")
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    version: Mapped[int] = mapped_column(BigInteger)
    """How often it was set; its ETag."""


class Holiday(Base):
    """A date without school, whatever its weekday."""

    __tablename__ = "holidays"

    date: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
