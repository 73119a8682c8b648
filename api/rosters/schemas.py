"""Rosters as they are answered."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from core.tables import RosterStatus


class RosterState(BaseModel):
    """How far a roster is. Every line is counted in one of `created`, `updated`, `unchanged`, `failed`."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[1])
    status: RosterStatus = Field(examples=["done"])
    dry_run: bool = Field(description="Whether lines are only judged", examples=[True])
    ignored_columns: list[str] = Field(description="Columns that mean nothing here", examples=[["class"]])
    total: int = Field(description="Lines in the file", examples=[120])
    done: int = Field(description="Lines judged so far, and written unless it is a dry run", examples=[120])
    created: int = Field(description="Lines with a new student", examples=[100])
    updated: int = Field(description="Lines that change a student or add a place in a course", examples=[15])
    unchanged: int = Field(examples=[4])
    failed: int = Field(description="Lines that cannot be used, and are left out", examples=[1])
    requested_by: int | None = Field(description="Null where a command asked for it", examples=[1])
    created_at: datetime = Field(examples=["2026-11-23T10:00:00Z"])
    finished_at: datetime | None = Field(examples=["2026-11-23T10:00:01Z"])


class LineError(BaseModel):
    """Why a line is left out."""

    line: int = Field(description="Counted from 1, the first line of the file", examples=[17])
    column: str = Field(description="Empty where the whole line is meant", examples=["email"])
    reason: str = Field(examples=["must be an e-mail address such as ada@example.org"])


class RosterAnswer(RosterState):
    """A roster with what is wrong in it."""

    errors: list[LineError] = Field(description="Of the first 1,000 lines that failed")
