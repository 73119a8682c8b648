"""`edutrack explain`: why somebody's day is what it is."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.rows import DATE

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from api.attendance.correction_schemas import Change
    from api.attendance.explain_schemas import ExplainedEvent, ExplainedRule, ExplainedSpan, Explanation


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    user: Annotated[str, typer.Argument(metavar="USER", help="The id of a user, or the name.")],
    day: Annotated[datetime, typer.Argument(metavar="DATE", formats=[DATE])],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> None:
    """Show every span of watching behind a user's day, with its events and why it counts as it does."""
    import asyncio

    explained = asyncio.run(_explained(user, day))
    if as_json:
        typer.echo(explained.model_dump_json())
    else:
        _show(explained)


async def _explained(user: str, day: datetime) -> "Explanation":
    from api.attendance import explain_service
    from api.attendance.explain_queries import at_one_moment
    from api.attendance.service import Reader
    from cli.database import reached
    from core.calendar import local_date
    from core.clock import utc_now

    async with reached("edutrack-explain") as (sessions, settings), sessions.begin() as session:
        await at_one_moment(session)
        user_id = await _find(session, user)
        reader = Reader(settings.policy, local_date(utc_now(), settings.policy.zone))
        return await explain_service.explain(session, reader, user_id, day.date(), most=None)


async def _find(session: "AsyncSession", user: str) -> int:
    from api.auth.service import named

    return int(user) if user.isascii() and user.isdigit() else (await named(session, user)).id


def _show(explained: "Explanation") -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(soft_wrap=True, highlight=False)
    console.print(f"[bold]{escape(explained.username)}[/] on {explained.date}, {explained.timezone}")
    console.print(explained.verdict)
    console.print(_rule(explained.rule))
    for change in explained.corrections:
        console.print(f"{change.at:%Y-%m-%d %H:%M} {escape(_change(change))}")
    if explained.provisional:
        console.print("The day is provisional: events of it are still accepted.")
    if explained.log == "pruned":
        console.print(
            f"The log of days before {explained.pruned_before} was removed; what it came to is all there is."
        )
    for number, span in enumerate(explained.spans, start=1):
        console.print(
            f"\n[bold]{number}. {escape(span.video_title)}[/] (video {span.video_id}{_session(span)})"
        )
        console.print(f"   {_times(span)}: {span.explanation}")
        for event in span.events:
            console.print(_line(event))
    if explained.agrees:
        console.print(f"\nTogether {explained.total_seconds:g} s, as the row says.")
    elif explained.agrees is False:
        console.print("\n[bold red]The row says otherwise: `edutrack verify` compares it with the log.[/]")


def _rule(rule: "ExplainedRule") -> str:
    asked = f"at least {rule.minimum_seconds} s"
    if rule.minimum_share is not None:
        share = f"{100 * rule.minimum_share:g} % of the video time assigned to the day"
        asked = f"{share}, {asked} where nothing is"
    whose = "the settings" if rule.id is None else f"rule {rule.id}, in force since {rule.since}"
    return f"Judged by {whose}: {asked}."


def _change(change: "Change") -> str:
    turned = f"{change.old_status} to {change.new_status}"
    why = f": {change.reason}" if change.reason else ""
    return f"{change.by_username} ({change.action}) {turned}{why}"


def _session(span: "ExplainedSpan") -> str:
    from rich.markup import escape

    return f", player {escape(span.session_id)}" if span.session_id else ""


def _times(span: "ExplainedSpan") -> str:
    form = "%H:%M:%S" if span.start.date() == span.end.date() else "%Y-%m-%d %H:%M:%S"
    return f"{span.start:{form}} to {span.end:{form}}, {span.counted_seconds:g} s counted"


def _line(event: "ExplainedEvent") -> str:
    claim = "" if event.claimed_seconds is None else f", claims {event.claimed_seconds} s"
    late = ", late" if event.late else ""
    times = f"{event.at:%H:%M:%S.%f}, received {event.received_at:%m-%d %H:%M:%S}"
    return f"     {event.kind:<9} {times}{claim}{late}, {event.event_id}"
