"""The fast roads of the slice: msgspec reads what is plainly right, the desk does as for the routes.

What msgspec does not take (other types, unknown fields, broken JSON) goes to the route, which says why.
"""

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import TypeVar

import msgspec
from starlette.responses import Response

from api.credentials import claims_in, token_in
from api.deps import require_student
from api.progress.preferences import Preferences, read_preferences
from api.progress.routes import answer_batch, answer_report, student_of
from api.progress.schemas import PlainBatch, PlainReport
from api.progress.service import Desk
from api.state import RawHeaders, Road, State

_Request = TypeVar("_Request")

_JSON = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=UTF-8"}
)
_reports = msgspec.json.Decoder(PlainReport)
_batches = msgspec.json.Decoder(PlainBatch)


def _report(headers: RawHeaders, body: bytes, state: State) -> Awaitable[Response] | None:
    found = dict(headers)
    if len(found) < len(headers) or found.get(b"content-type") not in _JSON:
        return None
    request = _decoded(_reports, body)
    return None if request is None else _answer_report(request, found, state)


async def _answer_report(request: PlainReport, headers: Mapping[bytes, bytes], state: State) -> Response:
    user = require_student(claims_in(headers.get(b"authorization"), state.tokens))
    desk = state.part(Desk)
    preferences = _preferences(headers.get(b"prefer"), desk.patience.record)
    key = headers.get(b"idempotency-key")
    answer = await desk.report(
        request, None if key is None else key.decode("latin-1"), user.user_id, preferences
    )
    return answer_report(answer, preferences)


@lru_cache(maxsize=32)
def _preferences(prefer: bytes | None, longest: timedelta) -> Preferences:
    return read_preferences([prefer.decode("latin-1")] if prefer else [], longest)


def _report_batch(headers: RawHeaders, body: bytes, state: State) -> Awaitable[Response] | None:
    request = _decoded(_batches, body)
    return None if request is None else _answer_batch(request, headers, state)


async def _answer_batch(request: PlainBatch, headers: RawHeaders, state: State) -> Response:
    user = student_of(state, token_in(headers) or request.token)
    return answer_batch(await state.part(Desk).report_batch(request, user.user_id))


def _decoded(decoder: msgspec.json.Decoder[_Request], body: bytes) -> _Request | None:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


ROADS = (Road("/progress", _report), Road("/progress/batch", _report_batch))
