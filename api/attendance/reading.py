"""The reader of attendance that a request gets: under the policy of the process, as of its local date."""

from typing import Annotated

from fastapi import Depends

from api.attendance.service import Reader
from api.deps import AppState
from core.calendar import local_date


async def _reader(state: AppState) -> Reader:
    return Reader(state.policy, local_date(state.clock(), state.policy.zone))


ReaderPart = Annotated[Reader, Depends(_reader)]
