"""The environment of a stack's processes, and the file that tells commands in another shell."""

import os
from collections.abc import Mapping

from stack.files import write_private
from stack.home import Home
from stack.leftovers import MARK

PREFIX = "EDUTRACK_"

# Each of these changes what a private server or supervisor does, and none was meant for ours.
_FOREIGN = (
    "PG",
    "RABBITMQ_",
    "ERL_",
    "SUPERVISOR_",
    "REDIS",
    "VALKEY",
    "NOTIFY_SOCKET",
    "XDG_",
    PREFIX + "TEST_",
)


def process_environment(home: Home, values: Mapping[str, str]) -> dict[str, str]:
    """Return what every process of the stack inherits: ours, cleaned of what steers other servers."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
    return inherited | _prefixed(values) | {MARK: str(home.root), "PYTHONUNBUFFERED": "1"}


def write_environment(home: Home, values: Mapping[str, str]) -> None:
    """Leave the stack's settings in its home, dotenv, for `core.settings.load_settings`."""
    inherited = {key: value for key, value in os.environ.items() if key.startswith(PREFIX)}
    settings = inherited | _prefixed(values)
    kept = sorted(item for item in settings.items() if not item[0].startswith((*_FOREIGN, MARK)))
    write_private(home.environment_file, "".join(f"{key}={_quoted(value)}\n" for key, value in kept))


def _prefixed(values: Mapping[str, str]) -> dict[str, str]:
    return {PREFIX + key: value for key, value in values.items()}


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
