"""The environment of a stack's processes, and the file that tells them and other shells its settings."""

import os
from collections.abc import Mapping

from stack.files import write_private
from stack.home import Home
from stack.leftovers import MARK

PREFIX = "EDUTRACK_"

# Each of these changes what a private server or supervisor does, and none was meant for ours.
_FOREIGN = ("PG", "RABBITMQ_", "ERL_", "SUPERVISOR_", "REDIS", "VALKEY", "NOTIFY_SOCKET", "XDG_")
# Without compiled modules each of our processes takes three times as long to start, and to come back.
_SLOWING = ("PYTHONDONTWRITEBYTECODE",)
_NOT_SETTINGS = (MARK, f"{PREFIX}TEST_")


def process_environment(home: Home) -> dict[str, str]:
    """Return what every process of the stack inherits: ours, cleaned of what steers other servers.

    Our own settings are not in it, secrets least of all, because the servers' user could read them there;
    our processes find them in the home.
    """
    ours = {f"{PREFIX}HOME": str(home.root), MARK: str(home.root), "PYTHONUNBUFFERED": "1"}
    unwanted = (*_FOREIGN, *_SLOWING, PREFIX)
    return {key: value for key, value in os.environ.items() if not key.startswith(unwanted)} | ours


def write_settings(home: Home, values: Mapping[str, str], defaults: Mapping[str, str]) -> None:
    """Leave the stack's settings in its home, dotenv, for `core.settings.load_settings`.

    `values` are what this stack decided, `defaults` what the environment may say otherwise.
    """
    inherited = {key: value for key, value in os.environ.items() if key.startswith(PREFIX)}
    settings = _prefixed(defaults) | inherited | _prefixed(values)
    kept = sorted(item for item in settings.items() if not item[0].startswith(_NOT_SETTINGS))
    write_private(home.settings_file, "".join(f"{key}={_quoted(value)}\n" for key, value in kept))


def _prefixed(values: Mapping[str, str]) -> dict[str, str]:
    return {PREFIX + key: value for key, value in values.items()}


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    # python-dotenv interpolates inside quotes too and has no escape for it but a default.
    return "'" + escaped.replace("${", f"${{{PREFIX}NO_SUCH:-$}}{{") + "'"
