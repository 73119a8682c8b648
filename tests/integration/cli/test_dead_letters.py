"""`edutrack dead-letters`: the same as the API does, from a terminal."""

import json

import pytest
from sqlalchemy import select

from core.database import Sessions
from core.errors import NotFound
from core.tables import DeadLetterAction
from events.topology import PROGRESS, PROGRESS_DEAD_LETTERS
from tests.integration.cli.commands import Run, in_thread, said
from tests.letters import play, put, take_all


async def test_letters_are_listed_for_people_and_for_programs(run: Run, broker: str) -> None:
    assert f"0 dead letters in {PROGRESS_DEAD_LETTERS.name}" in said(await in_thread(run, *LIST))
    await put(broker, [play()], "this")
    listed = said(await in_thread(run, *LIST))
    assert "this  2025-06-12 12:00:00 UTC  events: 1  no such video: 9" in listed
    assert "1 dead letter in" in listed
    (letter,) = json.loads(said(await in_thread(run, *LIST, "--json")))
    assert (letter["id"], letter["reason"], letter["attempts"]) == ("this", "no such video: 9", 1)
    assert json.loads(said(await in_thread(run, *LIST, "--json", "--queue", "imports"))) == []


LIST = ("dead-letters", "list")


async def test_a_letter_is_shown_with_its_contents(run: Run, broker: str) -> None:
    event = play()
    await put(broker, [event], "this")
    shown = json.loads(said(await in_thread(run, "dead-letters", "show", "this")))
    assert shown["contents"][0]["id"] == str(event.event_id)
    with pytest.raises(NotFound):
        await in_thread(run, "dead-letters", "show", "that")


async def test_one_or_all_are_sent_back(run: Run, broker: str, sessions: Sessions) -> None:
    for name in ("a", "b", "c"):
        await put(broker, [play()], name)
    dry = said(await in_thread(run, "dead-letters", "replay", "--all", "--dry-run"))
    assert f"Would be sent back to {PROGRESS.name}: 3 dead letters. Left: 3." in dry
    one = said(await in_thread(run, "dead-letters", "replay", "b"))
    assert f"Sent back to {PROGRESS.name}: 1 dead letter. Left: 2." in one
    rest = said(await in_thread(run, "dead-letters", "replay", "--all"))
    assert f"Sent back to {PROGRESS.name}: 2 dead letters. Left: 0." in rest
    assert len(await take_all(broker, PROGRESS.name)) == 3
    async with sessions.begin() as session:
        actions = (await session.scalars(select(DeadLetterAction).order_by(DeadLetterAction.id))).all()
    assert [action.letter_id for action in actions] == ["b", "a", "c"]
    assert all(action.os_user and action.finished_at for action in actions)


async def test_dropping_wants_to_be_meant(run: Run, broker: str) -> None:
    await put(broker, [play()], "this")
    assert (await in_thread(run, "dead-letters", "drop", "this")).exit_code == 2
    assert "Would be dropped" in said(await in_thread(run, "dead-letters", "drop", "this", "--dry-run"))
    assert "Left: 0." in said(await in_thread(run, "dead-letters", "drop", "this", "--yes"))
    assert await take_all(broker, PROGRESS_DEAD_LETTERS.name) == []


@pytest.mark.parametrize("words", [(), ("this", "--all")])
async def test_a_replay_is_of_one_or_of_all(run: Run, words: tuple[str, ...]) -> None:
    assert (await in_thread(run, "dead-letters", "replay", *words)).exit_code == 2
