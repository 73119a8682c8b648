"""What was seen of a video by events that are pruned."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "coverage",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("seen", postgresql.INT4MULTIRANGE(), nullable=False),
        sa.Column("position", sa.Double()),
        sa.Column("position_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_coverage_user_id_users")),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_coverage_video_id_videos")),
        sa.PrimaryKeyConstraint("user_id", "video_id", name=op.f("pk_coverage")),
    )


def downgrade() -> None:
    op.drop_table("coverage")
