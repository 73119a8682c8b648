"""`edutrack rule`: what a day asks for, without the time limit of a request."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.database import reached

if TYPE_CHECKING:
    from api.attendance.rule_schemas import RuleRequest
    from api.attendance.rules import Preview

app = typer.Typer(no_args_is_help=True, help="What a day asks for, by versions.")

SHOWN = 20


@app.command()
def add(
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first date it judges.")
    ],
    seconds: Annotated[int | None, typer.Option("--minimum-seconds", help="Least watch time.")] = None,
    share: Annotated[
        float | None, typer.Option("--minimum-share", help="Share of the day's assigned video time.")
    ] = None,
    course: Annotated[int | None, typer.Option(help="For this course; without it, for the school.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for whoever asks later.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would turn.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Apply it; there is no way back but another rule.")
    ] = False,
) -> None:
    """Change what a day asks for, from a date on, and judge its days anew. Workers wait meanwhile."""
    from pydantic import ValidationError

    from api.attendance.rule_schemas import RuleRequest

    if dry_run == yes:
        raise typer.BadParameter("say --dry-run to see who would turn, or --yes to apply it")
    try:
        asked = RuleRequest.model_validate(
            {
                "effective_from": str(first.date()),
                "minimum_seconds": seconds,
                "minimum_share": share,
                "course_id": course,
                "reason": reason,
            }
        )
    except ValidationError as error:
        fields = ", ".join(sorted({str(found["loc"][0]) for found in error.errors()}))
        raise typer.BadParameter(f"out of range: {fields}") from error
    rule_id, changes = asyncio.run(_change(asked, apply=yes))
    said = f"Rule {rule_id} is applied: " if yes else "It would be so: "
    flips = changes.flips
    typer.echo(
        f"{said}{flips.to_present} days turn present, {flips.to_absent} absent, {flips.to_excused} excused; "
        f"{changes.corrected} stay as they were corrected."
    )
    for flip in changes.listed:
        typer.echo(f"{flip.date}\t{flip.username}\t{flip.old_status} -> {flip.new_status}")
    if changes.total > len(changes.listed):
        typer.echo(f"… and {changes.total - len(changes.listed)} more")


@app.command("list")
def list_rules() -> None:
    """Show every version."""
    from api.attendance.rule_queries import all_rules
    from cli.database import in_transaction

    for rule in in_transaction(lambda session: all_rules(session, after=0, limit=1_000)):
        share = "" if rule.minimum_share is None else f"{rule.minimum_share:.2%}"
        scope = "school" if rule.course_id is None else f"course {rule.course_id}"
        typer.echo(f"{rule.id}\t{scope}\t{rule.effective_from}\t{rule.minimum_seconds} s\t{share}")


async def _change(asked: "RuleRequest", *, apply: bool) -> "tuple[int | None, Preview]":
    from sqlalchemy import text

    from api.attendance import rules
    from api.attendance.service import Reader
    from core.attendance.flips import Wanted
    from core.calendar import local_date
    from core.clock import utc_now

    wanted = Wanted(SHOWN)
    async with reached("edutrack-rule") as (sessions, settings), sessions.begin() as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        reader = Reader(settings.policy, local_date(utc_now(), settings.policy.zone))
        if not apply:
            return None, await rules.preview(session, reader, asked, wanted)
        stored, changes = await rules.apply(session, reader, asked, wanted, by=None, most_rows=None)
        return stored.id, changes
