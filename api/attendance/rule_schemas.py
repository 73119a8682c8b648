"""Rules as they are asked for and answered, and whom they would turn."""

from datetime import date as Date  # noqa: N812 - a field is called `date` itself
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.content import PlainDay
from api.deps import Text

Minimum = Annotated[int, Field(strict=True, ge=1, le=86_400)]
Share = Annotated[Decimal, Field(gt=0, le=1, max_digits=5, decimal_places=4)]


class RuleRequest(BaseModel):
    """Another version of what a day asks for. At least one of the two minimums has to be given.

    Unknown fields are refused: a rule meant for one course must not judge the school for a slip of the pen.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    effective_from: PlainDay = Field(
        description="The first date it judges, also one long past", examples=["2026-11-01"]
    )
    minimum_seconds: Minimum | None = Field(
        None,
        description="Watch time that makes a day present; with a share, where no video is assigned to it",
        examples=[300],
    )
    minimum_share: Share | None = Field(
        None, description="Share of the day's assigned video time that makes it present", examples=[0.6]
    )
    course_id: Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)] | None = Field(
        None, description="For one course, in its own list; without it, for the school", examples=[1]
    )
    reason: Text | None = Field(None, examples=["Decided by the board on 3 November."])


class RuleAnswer(BaseModel):
    """A version of what a day asks for; it is never changed."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[3])
    course_id: int | None = Field(description="Null for the school's", examples=[None])
    effective_from: Date = Field(examples=["2026-11-01"])
    minimum_seconds: int = Field(examples=[300])
    minimum_share: float | None = Field(examples=[0.6])
    reason: str | None = Field(examples=["Decided by the board on 3 November."])
    created_by: int | None = Field(description="The admin's id; null where a command made it", examples=[1])
    created_at: datetime = Field(examples=["2026-11-03T10:00:00Z"])


class FlipAnswer(BaseModel):
    """A day that turns; statuses are those that people see."""

    user_id: int = Field(examples=[2])
    username: str = Field(examples=["ada"])
    date: Date = Field(examples=["2026-11-23"])
    total_seconds: float = Field(examples=[120.0])
    required_seconds: int = Field(description="What the day asks for by the new rule", examples=[300])
    old_status: Literal["present", "absent", "excused"] = Field(examples=["present"])
    new_status: Literal["present", "absent", "excused"] = Field(examples=["absent"])


class FlipCounts(BaseModel):
    """How many days turn to what."""

    to_present: int = Field(examples=[0])
    to_absent: int = Field(examples=[1])
    to_excused: int = Field(
        description="Too little, on days on which nobody expected the student", examples=[0]
    )


class RuleOutcome(BaseModel):
    """What a rule changes, or would change."""

    dry_run: bool = Field(description="Whether nothing was stored", examples=[True])
    rule: RuleAnswer | None = Field(description="Null in a dry run")
    flips: FlipCounts
    total: int = Field(description="How many days turn in all", examples=[1])
    corrected: int = Field(description="How many would turn but for a correction, which stands", examples=[0])
    listed: list[FlipAnswer] = Field(description="The days that turn, by user and date, in pages")
