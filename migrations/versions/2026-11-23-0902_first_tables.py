"""The first tables: people, courses, videos, the event log and the two rows computed from it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("course_title", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("playlist_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
        sa.UniqueConstraint("playlist_id", name=op.f("uq_courses_playlist_id")),
    )
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("overlap", sa.Text(), nullable=False),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("attendance_min_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_policy_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
    )
    op.create_table(
        "progress_events",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_seconds", sa.Integer(), nullable=True),
        sa.Column("position_seconds", sa.Double(), nullable=True),
        sa.Column("playback_rate", sa.Double(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "claimed_seconds BETWEEN 0 AND 43200", name=op.f("ck_progress_events_claimed_seconds")
        ),
        sa.CheckConstraint("kind BETWEEN 0 AND 2", name=op.f("ck_progress_events_kind")),
        sa.PrimaryKeyConstraint("user_id", "event_id", name=op.f("pk_progress_events")),
    )
    op.create_index(
        "ix_progress_events_player",
        "progress_events",
        ["user_id", "video_id", "session_id", "occurred_at"],
        unique=False,
        postgresql_include=["kind"],
    )
    op.create_index("ix_progress_events_time", "progress_events", ["user_id", "occurred_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("username_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('student', 'admin')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email_key", name=op.f("uq_users_email_key")),
        sa.UniqueConstraint("username_key", name=op.f("uq_users_username_key")),
    )
    op.create_table(
        "attendance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total_time", sa.Interval(), nullable=False),
        sa.Column("overlap_time", sa.Interval(), nullable=False),
        sa.CheckConstraint("status IN ('present', 'absent')", name=op.f("ck_attendance_status")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_attendance_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "date", name=op.f("pk_attendance")),
    )
    op.create_index(op.f("ix_attendance_date_user_id"), "attendance", ["date", "user_id"], unique=False)
    op.create_table(
        "playlist_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('queued')", name=op.f("ck_playlist_imports_status")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_playlist_imports_course_id_courses")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name=op.f("fk_playlist_imports_requested_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlist_imports")),
    )
    op.create_index(
        "uq_playlist_imports_running",
        "playlist_imports",
        ["course_id"],
        unique=True,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_table(
        "registrations",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_registrations_course_id_courses")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_registrations_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "course_id", name=op.f("pk_registrations")),
    )
    op.create_index(
        op.f("ix_registrations_course_id_user_id"), "registrations", ["course_id", "user_id"], unique=False
    )
    op.create_table(
        "videos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("video_link", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_videos_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
    )
    op.create_index(
        op.f("ix_videos_course_id_position_id"), "videos", ["course_id", "position", "id"], unique=False
    )
    op.create_table(
        "progress",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("watch_time", sa.Interval(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_progress_user_id_users")),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("fk_progress_video_id_videos")),
        sa.PrimaryKeyConstraint("user_id", "video_id", "date", name=op.f("pk_progress")),
    )
    op.create_index(op.f("ix_progress_user_id_date"), "progress", ["user_id", "date"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_progress_user_id_date"), table_name="progress")
    op.drop_table("progress")
    op.drop_index(op.f("ix_videos_course_id_position_id"), table_name="videos")
    op.drop_table("videos")
    op.drop_index(op.f("ix_registrations_course_id_user_id"), table_name="registrations")
    op.drop_table("registrations")
    op.drop_index(
        "uq_playlist_imports_running",
        table_name="playlist_imports",
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.drop_table("playlist_imports")
    op.drop_index(op.f("ix_attendance_date_user_id"), table_name="attendance")
    op.drop_table("attendance")
    op.drop_table("users")
    op.drop_index("ix_progress_events_time", table_name="progress_events")
    op.drop_index("ix_progress_events_player", table_name="progress_events")
    op.drop_table("progress_events")
    op.drop_table("policy")
    op.drop_table("courses")
