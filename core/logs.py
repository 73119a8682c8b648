"""Logging, set up once at a process's edge: one line an event, to standard output.

Whoever keeps the process up (the stack's supervisor, a container engine) keeps the lines.
"""

import logging
import sys
import time

from core.settings import Settings

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_CHATTY = ("aio_pika", "aiormq", "asyncio", "httpx", "sqlalchemy.engine", "alembic.runtime.plugins")
"""Libraries whose reconnects and statements are reported by us, in our own words."""


def configure_logging(settings: Settings) -> None:
    """Log from the settings' level on, in UTC; a second call replaces the first."""
    formatter = logging.Formatter(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
