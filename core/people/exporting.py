"""Everything that is kept about one user, as one JSON document; memory stays flat however much that is."""

from collections.abc import AsyncIterator

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Base
from core.errors import NotFound
from core.people.erasing import NO_USER
from core.people.holdings import HOLDINGS
from core.roles import ERASED
from core.tables import User

NOT_EXPORTED = frozenset({"content", "password_hash", "username_key", "email_key"})
"""Columns that are about others as well, or secret, or repeat another one."""
PORTION = 500

_encoder = msgspec.json.Encoder()


async def find(session: AsyncSession, user_id: int) -> User:
    """Return the user to export.

    Raises:
        NotFound: there is none, or no more.

    """
    user = await session.get(User, user_id)
    if user is None or user.role == ERASED:
        raise NotFound(NO_USER)
    return user


async def export(session: AsyncSession, user: User) -> AsyncIterator[bytes]:
    """Yield an object: `user`, then a list for each table and column that name the user.

    Instants are RFC 3339 in UTC, lengths of time ISO 8601. Reads within the transaction of the session.
    """
    profile = {name: getattr(user, name) for name in _columns(Base.metadata.tables["users"])}
    yield b'{"user":' + _encoder.encode(profile)
    for holding in HOLDINGS:
        if holding.exported:
            table = Base.metadata.tables[holding.table]
            name = holding.table if holding.column == "user_id" else f"{holding.table}.{holding.column}"
            yield b"," + _encoder.encode(name) + b":["
            async for piece in _rows(session, table, holding.column, user.id):
                yield piece
            yield b"]"
    yield b"}\n"


async def _rows(session: AsyncSession, table: Table, column: str, user_id: int) -> AsyncIterator[bytes]:
    names = _columns(table)
    statement = select(*(table.c[name] for name in names)).where(table.c[column] == user_id)
    statement = statement.order_by(*table.primary_key.columns)
    separator = b""
    result = await session.stream(statement, execution_options={"yield_per": PORTION})
    async for rows in result.mappings().partitions():
        yield separator + b",".join(_encoder.encode(dict(row)) for row in rows)
        separator = b","


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.name not in NOT_EXPORTED]
