"""The fast roads of the slice: msgspec reads what is plainly right, the desk does as for the routes.

What msgspec does not take (other types, unknown fields, broken JSON) goes to the route, which says why.
"""

from typing import TypeVar

import msgspec
from starlette.responses import Response
from starlette.types import Scope

from api.credentials import claims_of, token_of
from api.deps import require_student
from api.progress.preferences import read_preferences
from api.progress.routes import answer_batch, answer_report, student_of
from api.progress.schemas import PlainBatch, PlainReport
from api.progress.service import Desk
from api.state import Road, State

_Request = TypeVar("_Request")

_reports = msgspec.json.Decoder(PlainReport)
_batches = msgspec.json.Decoder(PlainBatch)


async def _report(scope: Scope, body: bytes, state: State) -> Response | None:
    headers = dict(scope["headers"])
    is_plain = len(headers) == len(scope["headers"]) and b"idempotency-key" not in headers
    if not is_plain or headers.get(b"content-type") != b"application/json":
        return None
    request = _decoded(_reports, body)
    if request is None:
        return None
    user = require_student(claims_of(scope, state.tokens))
    desk = state.part(Desk)
    prefer = headers.get(b"prefer")
    preferences = read_preferences([prefer.decode("latin-1")] if prefer else [], desk.patience.record)
    return answer_report(await desk.report(request, None, user.user_id, preferences), preferences)


async def _report_batch(scope: Scope, body: bytes, state: State) -> Response | None:
    request = _decoded(_batches, body)
    if request is None:
        return None
    user = student_of(state, token_of(scope) or request.token)
    return answer_batch(await state.part(Desk).report_batch(request, user.user_id))


def _decoded(decoder: msgspec.json.Decoder[_Request], body: bytes) -> _Request | None:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


ROADS = (Road("/progress", _report), Road("/progress/batch", _report_batch))
