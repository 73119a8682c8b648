"""Commands on the tests' own database."""

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from core.database import Sessions
from core.errors import EduTrackError
from core.settings import Settings
from tests.integration.cli.commands import Run


@pytest.fixture
def run(settings: Settings, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with the tests' settings; what it raises is raised."""
    for name in ("database_url", "amqp_url", "redis_url", "secret_key"):
        monkeypatch.setenv(f"EDUTRACK_{name.upper()}", getattr(settings, name).get_secret_value())

    def command(*arguments: str, typed: str = "") -> Result:
        result = CliRunner().invoke(app, arguments, input=typed)
        if isinstance(result.exception, EduTrackError):
            raise result.exception
        return result

    return command
