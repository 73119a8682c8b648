"""`/manage/rules`: what a day asks for; whom another version would turn is shown before it is applied."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from starlette.responses import Response

from api.attendance import rules
from api.attendance.reading import ReaderPart
from api.attendance.rule_routes import in_time
from api.attendance.rule_schemas import RuleRequest
from api.attendance.service import Reader
from core.attendance.flips import Wanted
from core.errors import BadRequest, EduTrackError
from web.doors import Admin, SentForm, Visit
from web.inputs import read
from web.manage import queries
from web.pages import go_to, page, page_router

router = page_router("/manage/rules")

SHOWN = 100
NO_PERCENTAGE = "the share must be a number of percent, such as 60"


@router.get("")
async def listed(visit: Admin, reader: ReaderPart, done: str = "") -> Response:
    return await _list(visit, reader, done=done)


@router.post("")
async def change(visit: Admin, reader: ReaderPart, form: SentForm) -> Response:
    """Say what a rule would change; apply it where the form says that somebody has seen that."""
    wanted, most = Wanted(SHOWN), rules.MOST_ROWS
    try:
        asked = _asked(form.typed)
        async with in_time(), visit.transaction() as session:
            if form["sure"]:
                await rules.apply(session, reader, asked, wanted, by=visit.user.id, most_rows=most)
                return go_to(visit, "/manage/rules?done=applied")
            changes = await rules.preview(session, reader, asked, wanted)
            titles = await queries.titles(session, [asked.course_id] if asked.course_id else [])
    except EduTrackError as error:
        return await _list(visit, reader, error=error, typed=form.typed)
    return page(
        visit,
        "manage/rule.html",
        asked=asked,
        rule=rules.proposed(asked, reader),
        title=next(iter(titles.values()), None),
        changes=changes,
        typed=form.typed,
    )


def _asked(typed: Mapping[str, str]) -> RuleRequest:
    """Read a rule; its share is typed in percent.

    Raises:
        BadRequest: it does not fit.

    """
    percent = typed.get("percent", "").strip()
    try:
        share = str(Decimal(percent) / 100) if percent else ""
    except InvalidOperation:
        raise BadRequest(NO_PERCENTAGE) from None
    return read(RuleRequest, {**typed, "minimum_share": share})


async def _list(
    visit: Visit,
    reader: Reader,
    *,
    done: str = "",
    error: EduTrackError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    async with visit.transaction() as session:
        versions = await queries.rules(session)
        courses = await queries.open_courses(session)
    return page(
        visit,
        "manage/rules.html",
        error=error,
        typed=typed or {},
        versions=versions,
        courses=courses,
        today=reader.today,
        done=done,
    )
