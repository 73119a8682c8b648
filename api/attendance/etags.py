"""Preconditions of writes (RFC 9110 section 13) to what has a number that names its version. Pure."""

import re

from core.errors import PreconditionFailed

STALE = "this was changed since you read it: read it again, and write with the ETag of that answer"

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def etag(version: int) -> str:
    """Return the ETag of a version; 0 is that of what does not exist yet."""
    return f'"{version}"'


def require(version: int, if_match: str | None, if_none_match: str | None) -> None:
    """Let a write pass that was meant for this version, or for any.

    Raises:
        PreconditionFailed: it was meant for another one.

    """
    if if_match is not None and not _names(if_match, version):
        raise PreconditionFailed(STALE)
    if if_none_match is not None and _names(if_none_match, version, weakly=True):
        raise PreconditionFailed(STALE)


def _names(header: str, version: int, *, weakly: bool = False) -> bool:
    """Return whether a header names a version; `*` names any that exists."""
    if header.strip() == "*":
        return version > 0
    return any(tag == str(version) and (weakly or not weak) for weak, tag in _TAG.findall(header))
