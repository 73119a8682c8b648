"""Videos as they are asked for; `api.content` has how they are answered."""

from pydantic import BaseModel, ConfigDict, Field

from api.content import PlainDay, Position, Seconds
from api.deps import Text


class VideoChange(BaseModel):
    """What is to be different; what is left out stays as it is."""

    model_config = ConfigDict(hide_input_in_errors=True)

    title: Text = Field(default_factory=str, examples=["Means, medians and modes"])
    video_link: Text = Field(default_factory=str, examples=["https://school.example/videos/means.mp4"])
    position: Position = Field(
        default_factory=int, description="Its new place; the videos from there on move back", examples=[0]
    )
    assigned_on: PlainDay | None = Field(
        None, description="The day on which students are to watch it; null for none", examples=["2026-11-23"]
    )
    duration_seconds: Seconds | None = Field(None, description="Null where it is not known", examples=[630])
