"""Room in the pages of rows that are updated: the new version stays in its page, and no index hears of it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UPDATED = ("progress", "attendance", "players")


def upgrade() -> None:
    for table in UPDATED:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 80)")


def downgrade() -> None:
    for table in UPDATED:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
