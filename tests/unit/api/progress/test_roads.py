"""The fast roads against the routes: whatever is sent, both give the same answer and publish the same events."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter, FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from api.factory import Service, create_app
from api.progress import service
from api.progress.known_videos import KnownVideos
from api.progress.roads import ROADS
from api.progress.routes import router
from api.progress.schemas import (
    BatchAnswer,
    BatchRequest,
    PlainBatch,
    PlainEvent,
    PlainReport,
    ProgressRequest,
    ReportedEvent,
)
from api.progress.service import Desk
from core.policy import Policy
from core.security import Tokens
from events.replies import Replies
from events.schemas import Event
from events.submissions import PublishFailed
from tests.unit.api.progress.sender import KEY, NOON, RIGHT_HEADERS, Sender
from tests.unit.api.wire import SETTINGS, Wire, post

VIDEOS = {1, 2, 3}
Answer = tuple[int, dict[str, str], Any]


@dataclass
class Acceptance:
    """Remembers what it accepts, or accepts nothing."""

    accepted: list[Event] = field(default_factory=list)
    away: bool = False

    async def accept(self, events: Sequence[Event], *, awaited: bool) -> bool:
        assert not awaited, "no answer can be heard"
        if self.away:
            raise PublishFailed
        self.accepted.extend(events)
        return True


class Stage:
    """The service with its routes, its roads or both, at a desk that accepts into a list."""

    def __init__(self) -> None:
        self.loop = asyncio.Runner()
        self.acceptance = Acceptance()

        async def find(ids: Any) -> set[int]:
            return VIDEOS & set(VIDEOS if ids is None else ids)

        replies = Replies("amqp://nowhere/")
        videos = KnownVideos(find, lambda: NOON)
        desk = Desk(self.acceptance, replies, videos, Policy(), lambda: NOON)  # type: ignore[arg-type]
        self.routes_alone, self.roads_alone, self.both = (
            _app(desk, Service(name="progress", router=routes, roads=roads, needs=frozenset()))
            for routes, roads in ((router, ()), (APIRouter(), ROADS), (router, ROADS))
        )

    def ask(self, app: FastAPI, path: str, request: dict[str, Any]) -> tuple[Answer | None, list[Event]]:
        """Return the answer, and the events accepted."""
        service.uuid4 = (UUID(int=n) for n in count(1)).__next__  # type: ignore[attr-defined]
        self.acceptance.accepted.clear()
        self.acceptance.away = request.get("away", False)
        answer = self.loop.run(_ask(app, path, **request))
        return answer, list(self.acceptance.accepted)

    def compare(self, path: str, request: dict[str, Any]) -> None:
        """Hold what both roads make of a request against what the routes alone make of it."""
        assert self.ask(self.both, path, request) == self.ask(self.routes_alone, path, request), request


def _app(desk: Desk, served: Service) -> FastAPI:
    app = create_app(SETTINGS, served)
    app.state.edutrack = SimpleNamespace(tokens=Tokens(KEY, clock=lambda: NOON), part=lambda _: desk)
    return app


async def _ask(
    app: FastAPI,
    path: str,
    body: bytes,
    headers: Sequence[tuple[bytes, bytes]] = (),
    query: bytes = b"",
    cut: int | None = None,
    away: bool = False,
    gone: bool = False,
) -> Answer | None:
    """Send a request over a connection of its own.

    `cut` is where it is torn into two pieces, from its end; of a client that is `gone` the second never comes.
    """
    wire = Wire(app)
    sent = post(path.encode() + (b"?" + query if query else b""), body, headers)
    place = len(sent) - (cut or 1)
    wire.send(
        *([sent] if cut is None and not gone else [sent[:place]] if gone else [sent[:place], sent[place:]])
    )
    if gone:
        wire.hang_up()
        await wire.until_idle()
        assert not wire.recorder.written
        return None
    (answer,) = await wire.answers()
    return answer.status, {**answer.headers, "date": ""}, json.loads(answer.content)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "uuid4", uuid4)  # put back what `Stage.ask` replaces
        made = Stage()
        yield made
        made.loop.close()


_many = hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_seeds = given(st.integers(0, 2**32))


@_many
@_seeds
def test_a_report_is_answered_alike_on_both_roads(stage: Stage, seed: int) -> None:
    sender = Sender(seed)
    for request in [sender.request(sender.report) for _ in range(10)]:
        stage.compare("/progress", request)


@_many
@_seeds
def test_a_batch_is_answered_alike_on_both_roads(stage: Stage, seed: int) -> None:
    sender = Sender(seed)
    for request in [sender.request(sender.batch) for _ in range(10)]:
        stage.compare("/progress/batch", request)


# That the road is taken, and by what


PLAY = {"video_id": 1, "start_time": "10:00:00", "session_id": "tab"}


@pytest.mark.parametrize("header", [[], [(b"prefer", b"respond-async")], [(b"idempotency-key", b"monday")]])
def test_plain_reports_and_batches_never_reach_the_framework(stage: Stage, header: list[Any]) -> None:
    headers = [*RIGHT_HEADERS[:2], *header]
    for path, body, events in (("/progress", PLAY, 1), ("/progress/batch", {"events": [PLAY] * 3}, 3)):
        request = {"body": json.dumps(body).encode(), "headers": headers}
        answer, accepted = stage.ask(stage.roads_alone, path, request)
        assert answer is not None
        assert (answer[0], len(accepted)) == (202, events)
        assert path == "/progress" or BatchAnswer.model_validate(answer[2], strict=False)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PLAY | {"unknown": 1}, []),
        (PLAY | {"video_id": "1"}, []),
        (PLAY | {"watchtime_seconds": 60.0}, []),
        (PLAY, [(b"prefer", b"wait=1")]),
    ],
)
def test_what_is_not_plain_is_left_to_the_route(stage: Stage, body: Any, headers: list[Any]) -> None:
    request = {"body": json.dumps(body).encode(), "headers": [*RIGHT_HEADERS, *headers]}
    answer, accepted = stage.ask(stage.roads_alone, "/progress", request)
    assert answer is not None
    assert (answer[0], accepted) == (404, [])


@pytest.mark.parametrize(
    ("path", "body", "refused"),
    [
        ("/progress", PLAY, 0),
        ("/progress", PLAY | {"video_id": 4}, 1),
        ("/progress", PLAY | {"start_time": "25:00:00", "end_time": "10:00:00"}, 1),
        ("/progress", PLAY | {"sent_at": "yesterday"}, 1),
        ("/progress", PLAY | {"video_id": "1"}, 0),
        ("/progress/batch", {"events": [PLAY | {"end_time": "11:00:00"}, PLAY]}, 0),
        ("/progress/batch", {"events": [PLAY | {"end_time": "11:00:00"}, PLAY | {"video_id": 4}, {}]}, 2),
        ("/progress/batch", {"events": [PLAY] * 3, "sent_at": "yesterday"}, 3),
        ("/progress/batch", {"events": [PLAY] * 1_001}, 1_001),
    ],
)
def test_events_that_are_refused_are_counted(stage: Stage, path: str, body: Any, refused: int) -> None:
    request = {"body": json.dumps(body).encode(), "headers": RIGHT_HEADERS}
    for app in (stage.routes_alone, stage.both):
        before = counted()
        stage.ask(app, path, request)
        assert counted() - before == refused


def test_what_may_come_again_is_not_counted_as_refused(stage: Stage) -> None:
    before = counted()
    for path, body in (("/progress", PLAY), ("/progress/batch", {"events": [PLAY, {}]})):
        request = {"body": json.dumps(body).encode(), "headers": RIGHT_HEADERS, "away": True}
        answer, _ = stage.ask(stage.both, path, request)
        assert answer is not None
        assert answer[0] == 503
    assert counted() == before


def counted() -> float:
    return REGISTRY.get_sample_value("edutrack_events_refused_total") or 0


@pytest.mark.parametrize(
    ("plain", "documented"),
    [(PlainEvent, ReportedEvent), (PlainReport, ProgressRequest), (PlainBatch, BatchRequest)],
)
def test_plain_shapes_have_the_fields_that_are_documented(plain: Any, documented: Any) -> None:
    assert {*plain.__struct_fields__} == {*documented.model_fields}
