"""Requests to report by, made from a seed: mostly right, with anything wrong now and then."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from core.roles import Role
from core.security import Tokens

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
KEY = b"a secret for tests, with enough bytes in it"

_tokens = Tokens(KEY, clock=lambda: NOON)
STUDENT = _tokens.issue(1, "ada", Role.STUDENT)
OTHER = _tokens.issue(2, "bob", Role.STUDENT)
ADMIN = _tokens.issue(3, "grace", Role.ADMIN)
EXPIRED = Tokens(KEY, clock=lambda: NOON - timedelta(hours=2)).issue(1, "ada", Role.STUDENT)
RIGHT_HEADERS = (
    (b"authorization", b"Bearer " + STUDENT.encode()),
    (b"content-type", b"application/json"),
    (b"prefer", b"respond-async"),
)

_ID = "0b8f2c7e-4f0a-4d55-9a53-6d1f7e2b9c10"
_ANYTHING: Sequence[Any] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "\0",
    "\ud800",
    [],
    {},
    [[]],
)

_Values = tuple[Sequence[Any], Sequence[Any]]
"""Right ones, and wrong or odd ones."""

_TIMES: _Values = (
    ("10:00:00", "11:59:59", "23:59:59"),
    ("25:00:00", "1:00:00", "10:00:00\n", "\u0661\u0660:00:00"),
)
_INSTANTS: _Values = (
    ("2026-06-12T11:00:00Z", "2026-06-12t11:00:00.123456789+02:00", "2026-06-12 11:30:00z"),
    (
        *("2026-06-12", "2026-06-12T12:30:00Z", "2026-06-01T11:00:00Z", "2026-06-12T11:00:00", "yesterday"),
        *("2026-06-31T11:00:00Z", "2026-06-12T24:00:00Z", "0001-01-01T00:00:00+23:59"),
    ),
)
_VIDEOS: _Values = ((1, 2, 3), (4, 1.0, "1", 2**70))
_CLAIMS: _Values = ((0, 60, 43_200), (60.0, 43_201, "60"))
_REST: Mapping[str, _Values] = {
    "event_id": ((_ID, _ID.upper(), _ID.replace("-", "")), ("me", f"{{{_ID}}}", f"urn:uuid:{_ID}")),
    "session_id": (("tab", "", "\u00e9", "\U0001f600", None), ("x" * 201,)),
    "position_seconds": ((0, -0.0, 1.5, 31_536_000), (1e300, 10**400)),
    "playback_rate": ((1, 1.5), (101, "1")),
    "sent_at": (("2026-06-12T12:00:00Z", "2026-06-12T11:50:00Z"), _INSTANTS[1]),
}
_ODD_HEADERS = (
    *((b"authorization", b"Bearer " + token.encode()) for token in (STUDENT, OTHER, ADMIN, EXPIRED, "x", "")),
    *(
        (b"content-type", kind)
        for kind in (
            b"text/plain",
            b"application/json; charset=utf-8",
            b"application/json;charset=latin-1",
            b"",
        )
    ),
    *((b"prefer", wish) for wish in (b"respond-async", b"wait=1, respond-async", b"wait=x", b"\xff")),
    *((b"idempotency-key", key) for key in (b"monday", _ID.encode(), b"")),
    *((b"transfer-encoding", b"chunked"), (b"accept", b"text/csv"), (b"x-edutrack", b"?")),
)


class Sender:
    """Makes requests at random."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def request(self, content: Callable[[], Any]) -> dict[str, Any]:
        """Return what `ask` takes."""
        body = self._encoded(content())
        headers = [header for header in RIGHT_HEADERS if not self._rarely(12)]
        if self._rarely(2):
            headers.insert(self._random.randrange(len(headers) + 1), self._random.choice(_ODD_HEADERS))
        queries = (b"token=" + STUDENT.encode(), b"token=" + OTHER.encode(), b"token=x", b"a=b")
        return {
            "body": body,
            "headers": headers,
            "query": self._random.choice(queries) if self._rarely(5) else b"",
            "cut": self._random.randrange(len(body) + 1) if self._rarely(3) else None,
            "away": self._rarely(15),
            "gone": self._rarely(30),
        }

    def report(self) -> dict[str, Any]:
        """Return a report."""
        forms: Sequence[Mapping[str, _Values]] = (
            {"start_time": _TIMES},
            {"end_time": _TIMES, "watchtime_seconds": _CLAIMS},
            {"start_time": _TIMES, "end_time": _TIMES},
            {"kind": (("play", "heartbeat"), ("seek",)), "occurred_at": _INSTANTS},
            {"kind": (("pause",), ("Pause",)), "occurred_at": _INSTANTS, "watchtime_seconds": _CLAIMS},
        )
        some = {name: values for name, values in _REST.items() if self._rarely(3)}
        fields = {"video_id": _VIDEOS} | dict(self._random.choice(forms)) | some
        made = {name: self._value(values) for name, values in fields.items() if not self._rarely(40)}
        return made | ({"x": self._random.choice(_ANYTHING)} if self._rarely(20) else {})

    def batch(self) -> dict[str, Any]:
        """Return a batch of reports."""
        made: dict[str, Any] = {"events": [self.report() for _ in range(self._random.randrange(4))]}
        if self._rarely(4):
            made["token"] = self._value(((STUDENT,), (ADMIN, EXPIRED, "")))
        if self._rarely(4):
            made["sent_at"] = self._value(_REST["sent_at"])
        if self._rarely(20):
            made["events"].append(self._random.choice(_ANYTHING))
        return made

    def _encoded(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=self._rarely(2))
        body = text.encode("utf-16" if self._rarely(30) else "utf-8", "surrogatepass")
        if not self._rarely(10):
            return body
        at = self._random.randrange(len(body) + 1)
        junk = self._random.choice((b"", b"\0", b"\xff", b'"', b"}", b"\n", b"\xef\xbb\xbf", b"1"))
        return body[:at] + junk + body[at + self._random.randrange(3) :]

    def _value(self, values: _Values) -> Any:
        right, wrong = values
        if self._rarely(40):
            return self._random.choice(_ANYTHING)
        return self._random.choice(wrong if self._rarely(25) else right)

    def _rarely(self, one_in: int) -> bool:
        return not self._random.randrange(one_in)
