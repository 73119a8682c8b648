"""Running migrations from a process instead of from Alembic's own command."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from core.settings import Settings


def upgrade(settings: Settings) -> None:
    """Apply every migration that is missing. Safe to run from several processes at once: they take turns."""
    config = Config(attributes={"settings": settings})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    command.upgrade(config, "head")
