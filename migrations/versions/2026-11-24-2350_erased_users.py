"""Users who were erased; reasons about them may leave the audit, and nothing else may."""

from collections.abc import Sequence

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_users_role"), "users", type_="check")
    op.create_check_constraint(op.f("ck_users_role"), "users", "role IN ('student', 'admin', 'erased')")
    op.execute(
        "CREATE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'UPDATE' AND NEW.reason IS NULL AND NEW.old_reason IS NULL "
        "AND to_jsonb(NEW) - 'reason' - 'old_reason' = to_jsonb(OLD) - 'reason' - 'old_reason' "
        "THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$"
    )
    op.execute("DROP TRIGGER append_only ON attendance_audit")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON attendance_audit "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER append_only ON attendance_audit")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON attendance_audit "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("DROP FUNCTION refuse_change_but_erasure")
    op.drop_constraint(op.f("ck_users_role"), "users", type_="check")
    op.create_check_constraint(op.f("ck_users_role"), "users", "role IN ('student', 'admin')")
