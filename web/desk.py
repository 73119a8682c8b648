"""What the pages keep while their process runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jinja2 import Environment

from api.state import State
from events.link import end, in_background
from web.assets import Assets
from web.operate.samples import keep_sampling
from web.rendering import make_environment
from web.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Desk:
    """Sessions, files and templates."""

    sessions: Sessions
    assets: Assets
    templates: Environment


@asynccontextmanager
async def open_desk(state: State) -> AsyncIterator[Desk]:
    """Read what there is to show, and keep sampling what operators see."""
    assets = Assets.of()
    sessions = Sessions(state.settings, state.clock, state.redis)
    sampling = in_background(keep_sampling(state), "samples of queues")
    try:
        yield Desk(sessions, assets, make_environment(assets, state.policy))
    finally:
        await end(sampling)
