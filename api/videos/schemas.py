"""Videos and imports as they are asked for and answered."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from api.deps import Text
from core.tables import ImportStatus

_LINK = "https://www.youtube.com/playlist?list=PL0123456789abcdef"


class VideoAnswer(BaseModel):
    """A video of a course."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[1])
    course_id: int = Field(examples=[1])
    title: str = Field(examples=["Means and medians"])
    video_link: str = Field(examples=["https://www.youtube.com/watch?v=abcdefghijk"])
    position: int = Field(description="Its place in the course", examples=[0])
    duration_seconds: int | None = Field(description="Null where it is not known", examples=[630])


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
