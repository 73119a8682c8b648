"""`edutrack user`: accounts."""

import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.roles import Role

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(no_args_is_help=True, help="Accounts.")

GENERATED_BYTES = 12

Name = Annotated[str, typer.Argument(metavar="USERNAME", help="The name somebody signs in with.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a random password and print it.")]


@app.command()
def create(
    username: Name,
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.STUDENT,
    generate: Generate = False,
) -> None:
    """Make an account. The first admin comes from here."""
    from api.auth import schemas, service
    from cli.database import in_transaction

    password = _ask_password(generate=generate)
    asked = _checked(schemas.SignUp, username=username, email=email, password=password, role=role)
    password_hash = _hash(password)

    async def add(session: "AsyncSession") -> int:
        return await service.sign_up(session, asked.username, asked.email, password_hash, role)

    typer.echo(f"{role.value} {asked.username} has id {in_transaction(add)}.")
    _tell(password, generated=generate)


@app.command()
def password(username: Name, generate: Generate = False) -> None:
    """Set a new password for somebody who lost the old one."""
    from api.auth import schemas, service
    from cli.database import in_transaction

    new = _ask_password(generate=generate)
    _checked(schemas.PasswordChange, current_password="", new_password=new)
    password_hash = _hash(new)

    async def change(session: "AsyncSession") -> None:
        user = await service.named(session, username)
        await service.set_password(session, user.id, password_hash)

    in_transaction(change)
    typer.echo(f"{username} has a new password.")
    _tell(new, generated=generate)


@app.command()
def disable(username: Name) -> None:
    """Let somebody sign in no more. A token issued before still reports events until it expires."""
    from core.clock import utc_now

    _set_disabled(username, utc_now())
    typer.echo(f"{username} is disabled.")


@app.command()
def enable(username: Name) -> None:
    """Let somebody sign in again."""
    _set_disabled(username, None)
    typer.echo(f"{username} is enabled.")


@app.command()
def export(
    username: Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")],
) -> None:
    """Write everything that is kept about somebody into a JSON file."""
    from api.auth import service
    from cli.database import in_transaction
    from cli.files import writing
    from core.people import exporting

    async def write(session: "AsyncSession") -> None:
        user = await service.named(session, username)
        with writing(output), output.open("wb") as file:
            async for piece in exporting.export(session, user):
                file.write(piece)

    in_transaction(write)
    typer.echo(f"Everything that is kept about {username} is in {output}.")


@app.command()
def erase(
    username: Name, yes: Annotated[bool, typer.Option("--yes", help="Erase, for good.")] = False
) -> None:
    """Erase somebody: events, rows, registrations and corrections, for good."""
    from api.auth import service
    from cli.database import in_transaction
    from core.people import erasing

    if not yes:
        raise typer.BadParameter("say --yes to erase for good; `edutrack user export` keeps a copy")

    async def work(session: "AsyncSession") -> dict[str, int]:
        return await erasing.erase(session, (await service.named(session, username)).id)

    deleted = in_transaction(work)
    typer.echo(f"{username} was erased, with {deleted['progress_events']} events.")


def _set_disabled(username: str, at: datetime | None) -> None:
    from api.auth import service
    from cli.database import in_transaction

    async def change(session: "AsyncSession") -> None:
        user = await service.named(session, username)
        await service.set_disabled(session, user.id, at)

    in_transaction(change)


def _ask_password(*, generate: bool) -> str:
    """Return a password: made up, typed twice at a terminal, or the first line of what is piped in."""
    if generate:
        return secrets.token_urlsafe(GENERATED_BYTES)
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _checked(schema: Any, **fields: object) -> Any:
    """Return the fields as the API would take them.

    Raises:
        BadRequest: it would refuse them.

    """
    from pydantic import ValidationError

    from core.errors import BadRequest

    try:
        return schema(**fields)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        reasons = [f"{one['loc'][0]} {one['msg'].removeprefix('Value error, ')}" for one in found]
        raise BadRequest("; ".join(reasons)) from None


def _hash(password: str) -> str:
    import asyncio

    from core.security import Passwords

    return asyncio.run(Passwords().hash(password))


def _tell(password: str, *, generated: bool) -> None:
    if generated:
        typer.echo(f"Password: {password}")
