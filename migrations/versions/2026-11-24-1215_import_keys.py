"""Whose `Idempotency-Key` means which import: several may mean the same one."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "import_keys",
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name=op.f("fk_import_keys_requested_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["playlist_imports.id"],
            name=op.f("fk_import_keys_import_id_playlist_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("requested_by", "key", name=op.f("pk_import_keys")),
    )
    op.execute(
        "INSERT INTO import_keys (requested_by, key, import_id) "
        "SELECT requested_by, idempotency_key, id FROM playlist_imports "
        "WHERE requested_by IS NOT NULL AND idempotency_key IS NOT NULL"
    )
    op.drop_index("uq_playlist_imports_idempotency_key", "playlist_imports")
    op.drop_column("playlist_imports", "idempotency_key")


def downgrade() -> None:
    op.add_column("playlist_imports", sa.Column("idempotency_key", sa.Text()))
    op.execute(
        "UPDATE playlist_imports SET idempotency_key = kept.key "
        "FROM (SELECT import_id, requested_by, min(key) AS key FROM import_keys GROUP BY 1, 2) AS kept "
        "WHERE kept.import_id = playlist_imports.id AND kept.requested_by = playlist_imports.requested_by"
    )
    op.create_index(
        "uq_playlist_imports_idempotency_key",
        "playlist_imports",
        ["requested_by", "idempotency_key"],
        unique=True,
    )
    op.drop_table("import_keys")
