"""Rules with versions, a school calendar, days that are closed, corrections with a trail."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NOW = sa.text("now()")
APPEND_ONLY = ("attendance_rules", "attendance_audit")


def upgrade() -> None:
    op.add_column("attendance", sa.Column("rule_id", sa.BigInteger()))
    op.add_column("attendance", sa.Column("required_seconds", sa.Integer()))
    op.add_column("videos", sa.Column("assigned_on", sa.Date()))
    op.create_index(
        op.f("ix_videos_assigned_on_course_id"),
        "videos",
        ["assigned_on", "course_id"],
        postgresql_where=sa.text("assigned_on IS NOT NULL"),
    )
    op.add_column("courses", sa.Column("first_day", sa.Date()))
    op.add_column("courses", sa.Column("last_day", sa.Date()))
    op.create_check_constraint(op.f("ck_courses_days"), "courses", "first_day <= last_day")
    _rules()
    _calendar()
    _closing()
    _corrections()
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def _rules() -> None:
    op.create_table(
        "attendance_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("course_id", sa.BigInteger()),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("minimum_seconds", sa.Integer(), nullable=False),
        sa.Column("minimum_share", sa.Numeric(5, 4)),
        sa.Column("reason", sa.Text()),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "minimum_seconds BETWEEN 0 AND 86400", name=op.f("ck_attendance_rules_minimum_seconds")
        ),
        sa.CheckConstraint(
            "minimum_share > 0 AND minimum_share <= 1", name=op.f("ck_attendance_rules_minimum_share")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_attendance_rules_course_id_courses")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_attendance_rules_created_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_rules")),
    )


def _calendar() -> None:
    op.create_table(
        "school_calendar",
        sa.Column("id", sa.Integer(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_school_calendar_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_calendar")),
    )
    op.create_table(
        "holidays",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("date", name=op.f("pk_holidays")),
    )


def _closing() -> None:
    op.create_table(
        "closed_days",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("is_school_day", sa.Boolean(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("date", name=op.f("pk_closed_days")),
    )
    op.create_table(
        "roll",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["date"], ["closed_days.date"], name=op.f("fk_roll_date_closed_days")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_roll_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "date", name=op.f("pk_roll")),
    )
    op.create_index(op.f("ix_roll_date_user_id"), "roll", ["date", "user_id"])


def _corrections() -> None:
    op.create_table(
        "attendance_audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("old_status", sa.Text(), nullable=False),
        sa.Column("old_reason", sa.Text()),
        sa.Column("new_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint("action IN ('correct', 'withdraw')", name=op.f("ck_attendance_audit_action")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_attendance_audit_by_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_attendance_audit_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_audit")),
    )
    op.create_index(
        op.f("ix_attendance_audit_user_id_date_id"), "attendance_audit", ["user_id", "date", "id"]
    )
    op.create_table(
        "attendance_corrections",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('present', 'absent', 'excused')", name=op.f("ck_attendance_corrections_status")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["attendance_audit.id"],
            name=op.f("fk_attendance_corrections_entry_id_attendance_audit"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_attendance_corrections_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "date", name=op.f("pk_attendance_corrections")),
    )
    op.create_index(
        op.f("ix_attendance_corrections_date_user_id"), "attendance_corrections", ["date", "user_id"]
    )


def downgrade() -> None:
    for table in (
        *("attendance_corrections", "attendance_audit", "roll", "closed_days", "holidays", "school_calendar"),
        "attendance_rules",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change")
    op.drop_constraint(op.f("ck_courses_days"), "courses")
    for table, column in (
        ("courses", "last_day"),
        ("courses", "first_day"),
        ("videos", "assigned_on"),
        ("attendance", "required_seconds"),
        ("attendance", "rule_id"),
    ):
        op.drop_column(table, column)
