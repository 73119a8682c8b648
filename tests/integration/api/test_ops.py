"""`/ops/dead-letters`: trouble is seen and mended without a shell on the broker."""

from sqlalchemy import select

from core.database import Sessions
from core.tables import DeadLetterAction
from events.dead_letters import BUSY
from events.topology import PROGRESS
from tests.integration.api.conftest import LETTERS, Api, Callers
from tests.letters import held, take_all

PATH = "/ops/dead-letters"


async def ids(gateway: Api, callers: Callers) -> list[str]:
    answer = await gateway.client.get(PATH, headers=callers.admin)
    assert answer.json()["total"] == len(answer.json()["letters"])
    return [letter["id"] for letter in answer.json()["letters"]]


async def test_letters_are_listed_and_opened(gateway: Api, callers: Callers) -> None:
    assert await ids(gateway, callers) == list(LETTERS)
    opened = (await gateway.client.get(f"{PATH}/first", headers=callers.admin)).json()
    assert opened["reason"] == "no such video: 9"
    assert opened["contents"][0]["specversion"] == "1.0"
    assert opened["body"] is None
    imports = await gateway.client.get(PATH, params={"queue": "imports"}, headers=callers.admin)
    assert imports.json() == {"total": 0, "letters": []}


async def test_one_is_sent_back_and_one_dropped_by_an_admin_who_is_remembered(
    gateway: Api, callers: Callers, sessions: Sessions, broker: str
) -> None:
    replayed = await gateway.client.post(f"{PATH}/first/replay", headers=callers.admin)
    assert (replayed.status_code, replayed.json()["left"]) == (200, 1)
    dropped = await gateway.client.delete(f"{PATH}/second", headers=callers.admin)
    assert (dropped.status_code, dropped.json()["left"]) == (200, 0)
    assert await ids(gateway, callers) == []
    assert len(await take_all(broker, PROGRESS.name)) == 1
    admin = (await gateway.client.get("/auth/users/me", headers=callers.admin)).json()["id"]
    async with sessions.begin() as session:
        actions = (await session.scalars(select(DeadLetterAction).order_by(DeadLetterAction.id))).all()
    assert [(it.action, it.letter_id, it.user_id) for it in actions] == [
        ("replay", "first", admin),
        ("drop", "second", admin),
    ]


async def test_all_are_sent_back_and_a_dry_run_sends_none(
    gateway: Api, callers: Callers, broker: str
) -> None:
    for dry_run, sent in ((True, 0), (False, len(LETTERS))):
        answer = await gateway.client.post(
            f"{PATH}/replay", params={"dry_run": dry_run}, headers=callers.admin
        )
        assert [letter["id"] for letter in answer.json()["letters"]] == list(LETTERS)
        assert answer.json()["left"] == len(LETTERS) - sent
        assert len(await take_all(broker, PROGRESS.name)) == sent


async def test_letters_in_other_hands_are_not_said_to_be_gone(
    gateway: Api, callers: Callers, broker: str
) -> None:
    async with held(broker):
        for path in (PATH, f"{PATH}/first"):
            answer = await gateway.client.get(path, headers=callers.admin)
            assert (answer.status_code, answer.json()["detail"]) == (503, BUSY)
            assert answer.headers["Retry-After"]


async def test_a_letter_that_is_not_there_is_not_found(gateway: Api, callers: Callers) -> None:
    for method, path in (("GET", "x"), ("POST", "x/replay"), ("DELETE", "x")):
        answer = await gateway.client.request(method, f"{PATH}/{path}", headers=callers.admin)
        assert answer.status_code == 404
