"""The same contract as most would write it first: a plain function, an ORM session, a transaction.

FastAPI runs it in its thread pool.
"""

from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from bench.baselines.contract import Accepted, CurrentUser, Event
from bench.baselines.statements import PAUSE, PLAY, Row
from bench.baselines.write_through import row_of
from core.security import Tokens
from core.settings import Settings
from core.tables import Attendance, Progress, ProgressEvent

CONNECTIONS = 40
"""As many as the thread pool has threads."""
PRESENT_FROM = timedelta(seconds=30)


def app(settings: Settings) -> FastAPI:
    """Return the application."""
    url = settings.database_url.get_secret_value().replace("+asyncpg", "+psycopg")
    sessions = sessionmaker(create_engine(url, pool_size=CONNECTIONS, max_overflow=0))
    api = FastAPI()
    api.state.tokens = Tokens.from_settings(settings)

    @api.post("/progress", status_code=202)
    def report(event: Event, user: CurrentUser) -> Accepted:
        row = row_of(event, user.user_id)
        with sessions.begin() as session:
            _store(session, row)
        return Accepted(event_id=row.event_id)

    return api


def _store(session: Session, row: Row) -> None:
    if session.get(ProgressEvent, (row.user_id, row.event_id)):
        return
    session.add(
        ProgressEvent(
            user_id=row.user_id,
            event_id=row.event_id,
            video_id=row.video_id,
            session_id=row.session_id,
            kind=row.kind,
            occurred_at=row.at,
            claimed_seconds=row.claimed_seconds,
            position_seconds=row.position_seconds,
            playback_rate=row.playback_rate,
            received_at=row.received_at,
        )
    )
    progress = session.get(Progress, (row.user_id, row.video_id, row.day), with_for_update=True)
    if progress is None:
        progress = Progress(user_id=row.user_id, video_id=row.video_id, date=row.day, watch_time=timedelta())
        session.add(progress)
    progress.watch_time += row.earned
    if row.kind == PLAY:
        progress.start_time = row.at
        progress.first_start_time = progress.first_start_time or row.at
    if row.kind == PAUSE:
        progress.end_time = row.at
    session.flush()
    _recompute_attendance(session, row)


def _recompute_attendance(session: Session, row: Row) -> None:
    day = session.get(Attendance, (row.user_id, row.day), with_for_update=True)
    if day is None:
        day = Attendance(user_id=row.user_id, date=row.day, overlap_time=timedelta())
        session.add(day)
    mine = (Progress.user_id == row.user_id, Progress.date == row.day)
    day.total_time = session.scalar(select(func.sum(Progress.watch_time)).where(*mine)) or timedelta()
    day.status = "present" if day.total_time >= PRESENT_FROM else "absent"
