"""What people did with dead letters."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "dead_letter_actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("os_user", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.CheckConstraint("action IN ('replay', 'drop')", name=op.f("ck_dead_letter_actions_action")),
        sa.CheckConstraint("num_nonnulls(user_id, os_user) = 1", name=op.f("ck_dead_letter_actions_actor")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_dead_letter_actions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter_actions")),
    )


def downgrade() -> None:
    op.drop_table("dead_letter_actions")
