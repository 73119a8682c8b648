"""`outbox`. Owned by `events.outbox`."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Integer, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class OutboxMessage(Base):
    """A message that could not be given to the broker yet; its row goes when the broker has confirmed it."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    events: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
