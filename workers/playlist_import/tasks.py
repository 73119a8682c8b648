"""The tasks of the import worker, by name."""

import logging

from celery import Celery
from redis import Redis, RedisError

from core.clock import Clock, utc_now
from core.pulse import show_sign_of_life
from core.settings import Settings

log = logging.getLogger(__name__)

SIGN_OF_LIFE = "workers.sign_of_life"


def register(app: Celery, settings: Settings, clock: Clock = utc_now) -> None:
    """Add every task to an application."""
    redis = Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=5, socket_connect_timeout=5)

    def sign_of_life() -> None:
        try:
            show_sign_of_life(redis, clock())
        except RedisError as error:
            log.warning("no sign of life: Redis is away (%s)", type(error).__name__)

    app.task(name=SIGN_OF_LIFE)(sign_of_life)
