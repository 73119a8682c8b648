"""Files that hold secrets: mode 0600 from the first byte, replaced whole."""

import json
import os
from pathlib import Path
from typing import Any

from stack.account import Account, own
from stack.errors import StackError


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Replace a file that only its owner may read; a crash leaves the old one or the new one."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    own(new, account)
    new.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file of ours; empty when there is none, or none that was finished."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def private_folder(path: Path, account: Account | None) -> Path:
    """Make a folder that only its owner enters: the servers' user, or ourselves where there is none.

    Raises:
        StackError: it exists and belongs to somebody else, so that the stack was last run as another user.

    """
    owner = os.geteuid() if account is None else account.uid
    if not path.exists():
        path.mkdir(parents=True)
        own(path, account)
    elif path.stat().st_uid != owner:
        raise StackError(
            f"{path} belongs to user {path.stat().st_uid}: this stack was last started by somebody else. "
            "Start it as then, or choose another EDUTRACK_HOME."
        )
    path.chmod(0o700)
    return path
