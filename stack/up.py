"""`edutrack up`: a whole stack, from an empty folder to a page that answers."""

import errno

from pydantic import ValidationError

from core.settings import SettingsError, StackSettings
from stack.account import server_account
from stack.console import Console
from stack.errors import StackError
from stack.foreground import Foreground
from stack.home import locked, open_home
from stack.waiting import stop_signals

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def load_stack_settings() -> StackSettings:
    """Read the environment.

    Raises:
        SettingsError: a setting is wrong.

    """
    try:
        return StackSettings()
    except ValidationError as error:
        problems = [
            f"EDUTRACK_{str(found['loc'][0]).upper()}: {found['msg']}"
            for found in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("; ".join(problems) + ". README.md lists every setting.") from None


def up(settings: StackSettings) -> int:
    """Run the stack until Ctrl-C, SIGTERM or a closed terminal; return the exit code.

    Raises:
        StackError: it cannot run; nothing of it is left running.

    """
    try:
        with stop_signals() as interrupt:
            home = open_home(settings.home, server_account())
            with locked(home):
                return Foreground(settings, home, Console(), interrupt).run()
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        raise StackError("The disk is full. Make room, or put EDUTRACK_HOME on another disk.") from None
