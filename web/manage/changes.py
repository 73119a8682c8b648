"""Changes of courses and videos as forms send them: every field, an emptied one too."""

from pydantic import BaseModel, ConfigDict

from api.content import PlainDay, Position, Seconds
from api.courses.schemas import Hours
from api.deps import Text


class CourseFields(BaseModel):
    """A course as its form has it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    course_title: Text = ""
    link: Text | None = None
    resync_hours: Hours | None = None
    first_day: PlainDay | None = None
    last_day: PlainDay | None = None


class VideoFields(BaseModel):
    """A video as its form has it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    title: Text = ""
    video_link: Text = ""
    position: Position = 0
    duration_seconds: Seconds | None = None
