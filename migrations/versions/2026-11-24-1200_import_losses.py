"""How far an import ever came and how often it was lost; which videos their playlist took away."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name in ("furthest", "losses"):
        op.add_column(
            "playlist_imports", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
    op.add_column(
        "videos", sa.Column("vanished", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("videos", "vanished")
    for name in ("losses", "furthest"):
        op.drop_column("playlist_imports", name)
