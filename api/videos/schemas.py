"""Videos and imports as they are asked for and answered."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from api.content import Position, Seconds
from api.deps import Text
from core.tables import ImportStatus

_LINK = "https://www.youtube.com/playlist?list=PL0123456789abcdef"


class VideoChange(BaseModel):
    """What is to be different; what is left out stays as it is."""

    model_config = ConfigDict(hide_input_in_errors=True)

    title: Text = Field(default_factory=str, examples=["Means, medians and modes"])
    video_link: Text = Field(default_factory=str, examples=["https://school.example/videos/means.mp4"])
    position: Position = Field(
        default_factory=int, description="Its new place; the videos from there on move back", examples=[0]
    )
    duration_seconds: Seconds | None = Field(None, description="Null where it is not known", examples=[630])


class PlaylistRequest(BaseModel):
    """Which playlist to import."""

    model_config = ConfigDict(hide_input_in_errors=True)

    playlist_url: Text = Field(
        description="A link with `list=` in it, a link to a channel, or a bare id", examples=[_LINK]
    )


class ImportState(BaseModel):
    """Where an import stands."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[1])
    status: ImportStatus = Field(examples=[ImportStatus.QUEUED])
    created_at: datetime = Field(examples=["2026-11-23T10:00:00Z"])


class ImportAnswer(ImportState):
    """An import and the course it fills."""

    course_id: int = Field(examples=[1])


class ImportedCourse(BaseModel):
    """The course an import fills. Its title is the playlist's id until that is fetched."""

    id: int = Field(examples=[1])
    course_title: str = Field(examples=["PL0123456789abcdef"])
    link: str | None = Field(examples=[_LINK])
    import_: ImportState = Field(alias="import")

    model_config = ConfigDict(populate_by_name=True)
