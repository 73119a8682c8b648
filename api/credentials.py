"""Finding the access token of a request: `Authorization: Bearer`, or `?token=` where no header can be set.

Works on the ASGI scope, so that it costs the same with and without a framework.
"""

from urllib.parse import parse_qsl

from starlette.types import Scope

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


def token_of(scope: Scope) -> str | None:
    """Return the token a request carries, unverified.

    Raises:
        BadRequest: it carries two different ones.

    """
    found = {
        value[len(_BEARER) :].strip().decode("latin-1")
        for name, value in scope["headers"]
        if name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER
    }
    if scope["query_string"]:
        found.update(_query_tokens(scope["query_string"]))
    found.discard("")
    if len(found) > 1:
        raise BadRequest(TWO_TOKENS)
    return found.pop() if found else None


def in_query(query: bytes) -> bool:
    """Return whether a query carries a token."""
    return bool(_query_tokens(query))


def _query_tokens(query: bytes) -> list[str]:
    return [value for name, value in parse_qsl(query.decode("latin-1")) if name == "token"]
