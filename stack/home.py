"""`EDUTRACK_HOME`: one folder that holds everything of one stack, and a lock against a second one."""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import TextIO

from stack.account import Account
from stack.errors import StackError
from stack.files import read_json, write_private
from stack.waiting import poll

ELSEWHERE = Path("/var/lib/edutrack")
"""Where data goes when the servers' user cannot reach the home; each stack in a folder of its own.

A temporary home has its data in the temporary folder instead, so that it is as temporary.
"""

LOCK_SECONDS = 1
MIN_FREE_BYTES = 400 * 1024 * 1024
SOCKET_PATH_LIMIT = 90
"""A unix socket's path has at most 107 bytes, and supervisor adds its own ending while it binds."""

_AWKWARD = re.compile(r"[\x00-\x1f\"'`;#%$\\]")


@dataclass(frozen=True)
class Home:
    """The folder's layout; `data` may lie elsewhere (see `open_home`)."""

    root: Path
    data: Path
    account: Account | None

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def state(self) -> Path:
        return self.run / "state.json"

    @property
    def settings_file(self) -> Path:
        return self.root / "stack.env"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    @property
    def ports_file(self) -> Path:
        return self.root / "ports.json"

    @property
    def demo_accounts(self) -> Path:
        return self.root / "demo-accounts.json"

    @property
    def control_socket(self) -> Path:
        """Where supervisor listens; a long home has it in a private folder under the temporary one."""
        beside = self.run / "supervisor.sock"
        if len(os.fsencode(beside)) <= SOCKET_PATH_LIMIT:
            return beside
        mark = sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(gettempdir()) / f"edutrack-{os.geteuid()}-{mark}" / "supervisor.sock"


@dataclass(frozen=True)
class Secrets:
    """Made once for a home, used for ever."""

    postgres: str
    rabbitmq: str
    cookie: str
    redis: str
    secret_key: str


def find_home(root: Path) -> Home:
    """Return a home's layout without touching anything."""
    root = root.absolute()
    recorded = root / "data-folder"
    data = Path(recorded.read_text().strip()) if recorded.exists() else root / "data"
    return Home(root, data, None)


def open_home(root: Path, account: Account | None) -> Home:
    """Return the layout with its folders made, usable by us and, below `data`, by the servers' user.

    Raises:
        StackError: the folder cannot be used, or the disk is nearly full.

    """
    root = root.absolute()
    _refuse_awkward(root)
    layout = find_home(root)
    try:
        for folder in (root, layout.logs, layout.run):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (layout.logs, layout.run):
            folder.chmod(0o700)
        root.chmod(0o700 if account is None else 0o711)
        home = Home(root, _data_folder(layout, account), account)
    except PermissionError as error:
        raise StackError(
            f"{error.filename} belongs to somebody else. Run as its owner, or choose another EDUTRACK_HOME."
        ) from None
    _require_space(home)
    return home


def discard_data(home: Home) -> None:
    """Delete the servers' data, wherever that is, and nothing else; only for a stack that is down."""
    shutil.rmtree(home.data, ignore_errors=True)
    for remembered in (home.root / "data-folder", home.secrets_file):
        remembered.unlink(missing_ok=True)


def load_secrets(home: Home) -> Secrets:
    """Return the home's secrets, made at the first call."""
    known = {name: value for name, value in read_json(home.secrets_file).items() if isinstance(value, str)}
    names = [field.name for field in fields(Secrets)]
    complete = {name: known.get(name) or secrets.token_hex(32) for name in names}
    if complete != known:
        write_private(home.secrets_file, json.dumps(complete, indent=2))
    return Secrets(**complete)


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the home for this process; the kernel lets go of it however the process ends.

    Raises:
        StackError: another process runs a stack in this home.

    """
    with (home.run / "lock").open("a+") as file:
        # Who only asks whether it is locked holds it for a moment too.
        if not poll(lambda: _take(file), seconds=LOCK_SECONDS):
            holder = read_json(home.state).get("pid")
            raise StackError(
                f"A stack already runs in {home.root}{f' (process {holder})' if holder else ''}. "
                "Stop it with Ctrl-C or `edutrack down`, "
                "or start another beside it with its own EDUTRACK_HOME and EDUTRACK_PORT."
            )
        yield


def is_locked(home: Home) -> bool:
    """Say whether a process runs a stack in this home."""
    try:
        with (home.run / "lock").open("a+") as file:
            return not _take(file)
    except FileNotFoundError:
        return False


def _take(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refuse_awkward(root: Path) -> None:
    if _AWKWARD.search(str(root)):
        raise StackError(
            f"EDUTRACK_HOME is {root}: quotes, control characters and any of ;#%$\\ cannot be in its path."
        )


def _data_folder(layout: Home, account: Account | None) -> Path:
    data = layout.data
    data.mkdir(parents=True, exist_ok=True)
    if account is None or account.reaches(data):
        return data
    if data.parent == layout.root:
        data = _elsewhere(layout.root)
        data.mkdir(parents=True)
        (data / "home").write_text(f"{layout.root}\n")
        write_private(layout.root / "data-folder", f"{data}\n")
    data.chmod(0o711)
    if data.parent == ELSEWHERE:
        ELSEWHERE.chmod(0o711)
    return data


def _elsewhere(root: Path) -> Path:
    temporary = Path(gettempdir())
    if root.is_relative_to(temporary):
        return temporary / f"edutrack-data-{secrets.token_hex(8)}"
    return ELSEWHERE / secrets.token_hex(8)


def _require_space(home: Home) -> None:
    for folder in (home.root, home.data):
        free = shutil.disk_usage(folder).free
        if free < MIN_FREE_BYTES:
            raise StackError(
                f"The disk under {folder} is full: {free >> 20} MB are free, {MIN_FREE_BYTES >> 20} MB "
                "are needed. Make room, or put EDUTRACK_HOME on another disk."
            )
