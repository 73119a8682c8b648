"""Imports of playlists as they are asked for and answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from api.deps import Text
from core.tables import ImportStatus, PlaylistImport, PlaylistItem

_LINK = "https://www.youtube.com/playlist?list=PL0123456789abcdef"
_NOON = "2026-11-23T12:00:00Z"


class PlaylistRequest(BaseModel):
    """Which playlist to import."""

    model_config = ConfigDict(hide_input_in_errors=True)

    playlist_url: Text = Field(
        description="A link with `list=` in it, a link to a channel, or a bare id", examples=[_LINK]
    )


class RetryRequest(BaseModel):
    """How to try again."""

    accept_removals: bool = Field(False, description="It is right if many videos vanish from the course")


class ImportState(BaseModel):
    """Where an import stands."""

    id: int = Field(examples=[1])
    course_id: int = Field(examples=[1])
    status: ImportStatus = Field(examples=[ImportStatus.DONE_WITH_WARNINGS])
    playlist_title: str | None = Field(description="Null until it is fetched", examples=["Statistics 101"])
    total: int | None = Field(
        description="How many items the playlist has, by its own account; null until that is known. "
        "More than `found` in the end where YouTube hides some",
        examples=[12],
    )
    found: int = Field(description="Items fetched so far", examples=[12])
    imported: int = Field(description="Items that became videos which can be watched", examples=[11])
    unavailable: int = Field(description="Items that nobody can watch", examples=[1])
    failed: int = Field(description="Items that could not be imported", examples=[0])
    reason_code: str | None = Field(
        description="Why it failed, is paused or has warnings, as a word", examples=["unavailable"]
    )
    reason: str | None = Field(
        description="The same as a sentence, with what to do", examples=["1 of 12 videos cannot be watched."]
    )
    paused_until: datetime | None = Field(
        description="When it goes on by itself, where it is paused", examples=[None]
    )
    attempt: int = Field(description="How often a worker took it", examples=[1])
    requested_by: int | None = Field(
        description="Who asked for it; null where the schedule or a command did", examples=[3]
    )
    requested_by_username: str | None = Field(examples=["grace"])
    created_at: datetime = Field(examples=[_NOON])
    started_at: datetime | None = Field(description="When a worker first took it", examples=[_NOON])
    heartbeat_at: datetime | None = Field(
        description="When its worker last said that it works on it", examples=[_NOON]
    )
    finished_at: datetime | None = Field(description="When it ended", examples=[_NOON])

    @classmethod
    def of(cls, row: PlaylistImport, names: Mapping[int, str]) -> Self:
        """Return a row as it is answered, with the names of users by id."""
        username = None if row.requested_by is None else names.get(row.requested_by)
        own = {name: getattr(row, name) for name in cls.model_fields if name != "requested_by_username"}
        return cls(**own, requested_by_username=username)


class NotImported(BaseModel):
    """An item of the playlist that nobody can watch, or that could not be imported."""

    position: int = Field(description="Its place in the playlist, from 0", examples=[7])
    youtube_id: str = Field(examples=["abcdefghijk"])
    title: str = Field(examples=["[Private video]"])
    reason: str = Field(description="As a word, or as a sentence where it failed", examples=["private"])

    @classmethod
    def of(cls, item: PlaylistItem) -> Self:
        """Return an item as it is answered."""
        return cls(
            position=item.position,
            youtube_id=item.youtube_id,
            title=item.title,
            reason=item.problem or item.unavailable or "",
        )


class ImportAnswer(ImportState):
    """An import with what it could not bring."""

    not_imported: list[NotImported] = Field(
        description="Items that are unavailable or failed, in playlist order; the first 200"
    )


class ImportedCourse(BaseModel):
    """The course an import fills. Its title is the playlist's id until that is fetched."""

    id: int = Field(examples=[1])
    course_title: str = Field(examples=["PL0123456789abcdef"])
    link: str | None = Field(examples=[_LINK])
    import_: ImportState = Field(alias="import")

    model_config = ConfigDict(populate_by_name=True)
