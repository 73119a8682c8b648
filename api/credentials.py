"""Finding the access token of a request: `Authorization: Bearer`, or `?token=` where no header can be set.

Works on the ASGI scope, so that it costs the same with and without a framework.
"""

from urllib.parse import parse_qsl

from starlette.types import Scope

from api.state import RawHeaders
from core.errors import BadRequest, Unauthenticated
from core.security import Claims, Tokens

MISSING = "send an access token as `Authorization: Bearer …` or `?token=…`; POST /auth/login gives one"
TWO_TOKENS = "two different tokens were sent: send one, in the header or in the query"

_BEARER = b"bearer "


def claims_of(scope: Scope, tokens: Tokens) -> Claims:
    """Return who sends a request.

    Raises:
        BadRequest: it carries two different tokens.
        Unauthenticated: it carries none, or one that does not hold.

    """
    token = token_of(scope)
    if token is None:
        raise Unauthenticated(MISSING)
    return tokens.read(token)


def claims_in(header: bytes | None, tokens: Tokens) -> Claims:
    """As `claims_of`, by the one `Authorization` header a request has, or none."""
    token = None if header is None else bearer_token(header)
    if not token:
        raise Unauthenticated(MISSING)
    return tokens.read(token)


def bearer_token(header: bytes) -> str | None:
    """Return the token in the value of an `Authorization` header, unverified; it may be empty."""
    if header[: len(_BEARER)].lower() != _BEARER:
        return None
    return header[len(_BEARER) :].strip().decode("latin-1")


def token_of(scope: Scope) -> str | None:
    """Return the token a request carries, unverified.

    Raises:
        BadRequest: it carries two different ones.

    """
    return token_in(scope["headers"], scope["query_string"])


def token_in(headers: RawHeaders, query: bytes = b"") -> str | None:
    """As `token_of`, by what a request carries."""
    found = {bearer_token(value) for name, value in headers if name == b"authorization"}
    if query:
        found.update(_query_tokens(query))
    found -= {"", None}
    if len(found) > 1:
        raise BadRequest(TWO_TOKENS)
    return found.pop() if found else None


def in_query(query: bytes) -> bool:
    """Return whether a query carries a token."""
    return bool(_query_tokens(query))


def _query_tokens(query: bytes) -> list[str]:
    return [value for name, value in parse_qsl(query.decode("latin-1")) if name == "token"]
