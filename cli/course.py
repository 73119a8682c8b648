"""`edutrack course`: courses that come from nowhere else."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(no_args_is_help=True, help="Courses and their videos.")

PAGE = 1_000


@app.command()
def create(
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    link: Annotated[str | None, typer.Option(help="A page about it.")] = None,
) -> None:
    """Make a course without videos."""
    from api.courses import service
    from cli.database import in_transaction

    async def add(session: "AsyncSession") -> int:
        return (await service.create(session, title, link)).id

    typer.echo(f"The course has id {in_transaction(add)}.")


@app.command("add-video")
def add_video(
    course_id: Annotated[int, typer.Argument(metavar="COURSE_ID", min=1, max=2**63 - 1)],
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    link: Annotated[str, typer.Argument(metavar="LINK")],
) -> None:
    """Add a video at the end of a course."""
    from api.courses import service
    from cli.database import in_transaction

    async def add(session: "AsyncSession") -> int:
        return (await service.add_video(session, course_id, title, link)).id

    typer.echo(f"The video has id {in_transaction(add)}.")


@app.command("list")
def list_courses() -> None:
    """Show every course that is not archived."""
    from api.courses import service
    from cli.database import in_transaction

    async def show(session: "AsyncSession") -> None:
        after = 0
        while found := await service.page(session, after=after, limit=PAGE):
            for course in found:
                typer.echo(f"{course.id}\t{course.course_title}\t{course.link or ''}")
            after = found[-1].id

    in_transaction(show)
