"""Which videos of the demonstration are which of YouTube's, so that importing their playlist finds them."""

from collections.abc import Sequence

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        "UPDATE videos SET youtube_id = "
        "substring(video_link FROM '^https://www[.]youtube[.]com/watch[?]v=([A-Za-z0-9_-]{11})$') "
        "FROM courses WHERE courses.id = videos.course_id AND courses.playlist_id IS NOT NULL "
        "AND videos.youtube_id IS NULL"
    )


def downgrade() -> None:
    """Leave them: they are right."""
