"""`dead_letter_actions`. Owned by `events.dead_letters`."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Integer, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class DeadLetterAction(Base):
    """What somebody did with a dead letter: a user of the API, or whoever typed the command.

    Written before it is done; without `finished_at` it is not known to have been done.
    """

    __tablename__ = "dead_letter_actions"
    __table_args__ = (
        CheckConstraint("action IN ('replay', 'drop')", name="action"),
        CheckConstraint("num_nonnulls(user_id, os_user) = 1", name="actor"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    os_user: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    queue: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(Text)
