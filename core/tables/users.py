"""`users`: who may sign in. Owned by `api.auth`."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class User(Base):
    """A person. `*_key` columns hold the caseless NFKC form that must be unique.

    Of one who was erased the row stays, with nothing personal in it, so that ids elsewhere stay right.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('student', 'admin', 'erased')", name="role"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    username: Mapped[str] = mapped_column(Text)
    username_key: Mapped[str] = mapped_column(Text, unique=True)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
