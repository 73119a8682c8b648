"""Accounts on pages: made, given passwords, taken along and erased."""

from sqlalchemy import select

from core.accounts import NO_PASSWORD
from core.database import Sessions
from core.tables import Course, Registration, User
from tests.integration.web.conftest import PASSWORD, Browser

NEW = "staple of the sea"


async def test_a_student_makes_an_account_and_is_signed_in(browser: Browser, sessions: Sessions) -> None:
    await browser.open("/sign-up")
    fields = {"username": "bea", "email": "bea@example.org", "role": "admin"}
    refused = await browser.send("/sign-up", **fields, password="short")
    assert refused.status_code == 400
    assert 'value="bea@example.org"' in refused.text
    assert (await browser.send("/sign-up", **fields, password=NEW)).headers["location"] == "/"
    assert (await browser.open("/")).headers["location"] == "/learn"
    async with sessions.begin() as session:
        assert (await session.scalars(select(User.role))).all() == ["student"]


async def test_a_new_password_keeps_this_session_and_ends_the_others(ada: Browser, browser: Browser) -> None:
    await browser.sign_in("ada")
    await ada.open("/account")
    wrong = await ada.send("/account/password", current_password="a guess", new_password=NEW)
    assert wrong.status_code == 400
    assert NEW not in wrong.text
    await ada.send("/account/password", current_password=PASSWORD, new_password=NEW)
    assert "was changed" in (await ada.open("/account?done=password")).text
    assert (await browser.open("/account")).status_code == 303
    assert (await browser.sign_in("ada", NEW)).status_code == 303
    assert (await ada.open("/account/export")).json()["user"]["username"] == "ada"


async def test_whoever_is_erased_was_named(
    grace: Browser, sessions: Sessions, people: dict[str, int]
) -> None:
    person = f"/manage/users/{people['ada']}"
    assert (await grace.open(f"{person}/export")).json()["user"]["email"] == "ada@example.org"
    await grace.open(person)
    refused = await grace.send(f"{person}/erase", username="adam")
    assert refused.status_code == 400
    assert 'value="adam"' in refused.text
    assert (await grace.send(f"{person}/erase", username="Ada")).status_code == 303
    assert "They were erased" in (await grace.open(person)).text
    await grace.open("/account")
    own = await grace.send(f"/manage/users/{people['grace']}/erase", username="grace")
    assert own.status_code == 409
    async with sessions.begin() as session:
        assert (await session.scalars(select(User.role).order_by(User.id))).all() == ["erased", "admin"]


async def test_students_without_a_password_are_given_one_in_a_file(
    grace: Browser, browser: Browser, sessions: Sessions, people: dict[str, int]
) -> None:
    async with sessions.begin() as session:
        ada = await session.get_one(User, people["ada"])
        ada.password_hash = NO_PASSWORD
    assert "1 student has no password" in (await grace.open("/manage/rosters")).text
    header, line = (await grace.send("/manage/rosters/passwords")).text.split()
    assert header == "username,password"
    assert (await browser.sign_in(*line.split(","))).headers["location"] == "/"
    assert "no password yet" not in (await grace.open("/manage/rosters")).text


async def test_passwords_are_given_to_the_students_of_one_course(
    grace: Browser, sessions: Sessions, people: dict[str, int]
) -> None:
    async with sessions.begin() as session:
        ada = await session.get_one(User, people["ada"])
        ada.password_hash = NO_PASSWORD
        names = {"username": "bea", "username_key": "bea", "email": "b@b.org", "email_key": "b@b.org"}
        bea = User(**names, password_hash=NO_PASSWORD, role="student")
        session.add_all([bea, Course(course_title="Optics"), Course(course_title="Logic")])
        await session.flush()
        session.add_all(
            [Registration(course_id=1, user_id=ada.id), Registration(course_id=2, user_id=bea.id)]
        )
    shown = (await grace.open("/manage/rosters")).text
    assert ">Optics: 1</option>" in shown
    assert ">all courses, or none: 2</option>" in shown
    for course_id, status, reason in (("x", 400, "Course id: "), ("3", 404, "There is no such course")):
        refused = await grace.send("/manage/rosters/passwords", course_id=course_id)
        assert refused.status_code == status
        assert reason in refused.text
    assert "ada," in (file := (await grace.send("/manage/rosters/passwords", course_id="1")).text)
    assert "bea," not in file
    shown = (await grace.open("/manage/rosters")).text
    assert "1 student has no password" in shown
    assert ">Logic: 1</option>" in shown
    assert ">Optics: " not in shown
