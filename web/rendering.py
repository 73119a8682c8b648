"""Templates: where they are, and what they can say."""

import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.policy import Policy
from web.assets import Assets
from web.days.standing import standing
from web.inputs import problems

FOLDER = Path(__file__).parent

UNKNOWN = "\N{EN DASH}"

_MINUTE = 60
_HOUR = 3600


def make_environment(assets: Assets, policy: Policy) -> Environment:
    """Return the templates; instants are shown in the school's zone."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(static=assets.url, policy=policy)
    environment.filters.update(
        length=length,
        day=day,
        short_day=short_day,
        month=lambda first: f"{first:%B %Y}",
        instant=lambda at: instant(at, policy.zone),
        time_of_day=lambda at: f"{at.astimezone(policy.zone):%H:%M:%S}",
        length_of=len,
        position=position,
        problems=problems,
        pretty=lambda events: json.dumps(events, indent=2, ensure_ascii=False),
        sentence=sentence,
        standing=standing,
        whole=whole,
        rate=rate,
    )
    return environment


def length(seconds: float | None) -> str:
    """Return a length of time as people say it: its two largest units, truncated."""
    if seconds is None:
        return "unknown"
    left = int(seconds)
    if left < _MINUTE:
        return f"{left} s"
    if left < _HOUR:
        return f"{left // _MINUTE} min {left % _MINUTE:02} s"
    return f"{whole(left // _HOUR)} h {left % _HOUR // _MINUTE:02} min"


def position(seconds: float) -> str:
    """Return a place in a video as players write it."""
    minutes, rest = divmod(int(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def day(of: date) -> str:
    """Return a date in full."""
    return f"{of:%A}, {of.day} {of:%B %Y}"


def short_day(of: date) -> str:
    """Return a date without its weekday."""
    return f"{of.day} {of:%b %Y}"


def instant(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant in a zone."""
    local = at.astimezone(zone)
    return f"{short_day(local.date())}, {local:%H:%M:%S}"


def whole(number: float | None) -> str:
    """Return a number with its thousands apart; a dash where it is not known."""
    return UNKNOWN if number is None else f"{number:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def rate(per_second: float | None) -> str:
    """Return a rate with one decimal; a dash where it is not known."""
    return UNKNOWN if per_second is None else f"{per_second:,.1f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def sentence(detail: str) -> str:
    """Return what a refusal says as a sentence: capital first, full stop last."""
    text = detail[:1].upper() + detail[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
