"""Where each player stands, so that events in order need not read the day again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "players",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_kind", sa.SmallInteger(), nullable=False),
        sa.Column("last_event_id", sa.Uuid(), nullable=False),
        sa.Column("span_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("span_opened_by", sa.Uuid(), nullable=True),
        sa.Column("span_last_heartbeat", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "video_id", "session_id", name=op.f("pk_players")),
    )
    op.create_index(op.f("ix_players_user_id_last_at"), "players", ["user_id", "last_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_players_user_id_last_at"), table_name="players")
    op.drop_table("players")
