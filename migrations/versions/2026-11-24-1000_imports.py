"""Imports that run: what they fetched, where they stand; what became of a course's videos."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATUSES = (
    "status IN ('queued', 'fetching', 'importing', 'paused_until', 'done', 'done_with_warnings', "
    "'failed', 'cancelled')"
)
RUNNING = "status IN ('queued', 'fetching', 'importing', 'paused_until')"
INSTANTS = ("paused_until", "sent_at", "started_at", "heartbeat_at", "finished_at")
TEXTS = ("idempotency_key", "reason_code", "reason", "cursor", "playlist_title")
COUNTS = ("attempt", "failures", "found", "imported", "unavailable", "failed")


def upgrade() -> None:
    op.add_column("videos", sa.Column("youtube_id", sa.Text()))
    op.add_column("videos", sa.Column("unavailable", sa.Text()))
    op.add_column("videos", sa.Column("removed_at", sa.DateTime(timezone=True)))
    op.add_column("courses", sa.Column("resync_hours", sa.Integer()))
    op.add_column("courses", sa.Column("archived_at", sa.DateTime(timezone=True)))

    table = "playlist_imports"
    op.alter_column(table, "requested_by", nullable=True)
    for name in INSTANTS:
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True)))
    for name in TEXTS:
        op.add_column(table, sa.Column(name, sa.Text()))
    for name in COUNTS:
        op.add_column(table, sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column(table, sa.Column("total", sa.Integer()))
    op.add_column(
        table, sa.Column("accept_removals", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.drop_constraint(op.f("ck_playlist_imports_status"), table)
    op.create_check_constraint(op.f("ck_playlist_imports_status"), table, STATUSES)
    op.create_check_constraint(
        op.f("ck_playlist_imports_pause"), table, "(status = 'paused_until') = (paused_until IS NOT NULL)"
    )
    op.drop_index("uq_playlist_imports_running", table)
    op.create_index(
        "uq_playlist_imports_running", table, ["course_id"], unique=True, postgresql_where=sa.text(RUNNING)
    )
    op.create_index(
        "uq_playlist_imports_idempotency_key", table, ["requested_by", "idempotency_key"], unique=True
    )
    op.create_index(op.f("ix_playlist_imports_course_id_id"), table, ["course_id", "id"])

    op.create_table(
        "playlist_items",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("youtube_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("duration_seconds", sa.Integer()),
        sa.Column("unavailable", sa.Text()),
        sa.Column("problem", sa.Text()),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["playlist_imports.id"],
            name=op.f("fk_playlist_items_import_id_playlist_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "position", name=op.f("pk_playlist_items")),
    )


def downgrade() -> None:
    op.drop_table("playlist_items")
    table = "playlist_imports"
    op.execute("DELETE FROM playlist_imports WHERE status <> 'queued' OR requested_by IS NULL")
    op.drop_index(op.f("ix_playlist_imports_course_id_id"), table)
    op.drop_index("uq_playlist_imports_idempotency_key", table)
    op.drop_index("uq_playlist_imports_running", table)
    op.create_index(
        "uq_playlist_imports_running",
        table,
        ["course_id"],
        unique=True,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.drop_constraint(op.f("ck_playlist_imports_pause"), table)
    op.drop_constraint(op.f("ck_playlist_imports_status"), table)
    op.create_check_constraint(op.f("ck_playlist_imports_status"), table, "status IN ('queued')")
    for name in ("accept_removals", "total", *COUNTS, *TEXTS, *INSTANTS):
        op.drop_column(table, name)
    op.alter_column(table, "requested_by", nullable=False)
    for table, name in (
        ("courses", "archived_at"),
        ("courses", "resync_hours"),
        ("videos", "removed_at"),
        ("videos", "unavailable"),
        ("videos", "youtube_id"),
    ):
        op.drop_column(table, name)
