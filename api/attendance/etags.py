"""Preconditions of writes (RFC 9110 section 13) to what has a number that names its version."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header

from core.errors import PreconditionFailed

STALE = "this was changed since you read it: read it again, and write with the ETag of that answer"
ETAG_HEADER: dict[str, Any] = {
    "ETag": {"description": "Names this version, for `If-Match`", "schema": {"type": "string"}}
}
"""For the documentation of an answer."""

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def etag(version: int | str) -> str:
    """Return the ETag of a version; 0 is that of what does not exist yet."""
    return f'"{version}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """For which version a write is meant; for any where both are None."""

    if_match: str | None = None
    if_none_match: str | None = None

    def require(self, version: int) -> None:
        """Let a write pass that was meant for this version.

        Raises:
            PreconditionFailed: it was meant for another one.

        """
        if self.if_match is not None and not _names(self.if_match, version):
            raise PreconditionFailed(STALE)
        if self.if_none_match is not None and _names(self.if_none_match, version, weakly=True):
            raise PreconditionFailed(STALE)


def _names(header: str, version: int, *, weakly: bool = False) -> bool:
    """Return whether a header names a version; `*` names any that exists."""
    if header.strip() == "*":
        return version > 0
    return any(tag == str(version) and (weakly or not weak) for weak, tag in _TAG.findall(header))


async def _precondition(
    if_match: Annotated[
        str | None, Header(description="The ETag the write is meant for; else 412", examples=['"0"'])
    ] = None,
    if_none_match: Annotated[
        str | None, Header(description="`*` writes only what does not exist yet; else 412")
    ] = None,
) -> Precondition:
    return Precondition(if_match, if_none_match)


PreconditionPart = Annotated[Precondition, Depends(_precondition)]
