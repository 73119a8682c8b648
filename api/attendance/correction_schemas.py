"""Corrections as they are asked for, and their trail."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.deps import Text

StatusName = Literal["present", "absent", "excused"]
Reason = Annotated[Text, Field(examples=["The projector was broken; she watched it in class."])]


class CorrectionRequest(BaseModel):
    """What counts instead of what watch time makes of the day, and why."""

    model_config = ConfigDict(hide_input_in_errors=True)

    status: StatusName = Field(examples=["excused"])
    reason: Reason


class Change(BaseModel):
    """One entry of the trail of a day: nobody can change it."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[1])
    at: datetime = Field(examples=["2026-11-24T10:00:00Z"])
    by: int = Field(description="The admin's id", examples=[1])
    by_username: str = Field(examples=["grace"])
    action: Literal["correct", "withdraw"] = Field(examples=["correct"])
    old_status: StatusName = Field(description="What people saw before", examples=["absent"])
    old_reason: str | None = Field(
        description="Of the correction that stood before, if there was one", examples=[None]
    )
    new_status: StatusName = Field(description="What people saw after", examples=["excused"])
    reason: str | None = Field(
        description="Why", examples=["The projector was broken; she watched it in class."]
    )
