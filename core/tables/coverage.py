"""`coverage`. Owned by `core.coverage`."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Double, ForeignKey
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Coverage(Base):
    """What a user had seen of a video by events that are pruned: parts of it, in milliseconds."""

    __tablename__ = "coverage"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("videos.id"), primary_key=True)
    seen: Mapped[Any] = mapped_column(INT4MULTIRANGE)
    position: Mapped[float | None] = mapped_column(Double)
    """Where in the video the user was last, and when."""
    position_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
