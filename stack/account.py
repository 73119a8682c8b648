"""Whom the servers run as: PostgreSQL refuses root, and the others have no need of it."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

NAME = "edutrack"


@dataclass(frozen=True)
class Account:
    """An unprivileged user of this machine."""

    name: str
    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Say whether this user can enter a folder or run a program: every folder above counts."""
        test = ["/usr/bin/test", "-x", str(path)]
        asked = subprocess.run(  # noqa: S603 - our own words and a path of ours
            test, user=self.uid, group=self.gid, extra_groups=[], check=False
        )
        return asked.returncode == 0


def server_account() -> Account | None:
    """Return the user for the servers, made when missing; None when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _create()
        entry = pwd.getpwnam(NAME)
    if entry.pw_uid == 0:
        raise StackError(f"The user `{NAME}` is root under another name; servers refuse to run as it.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def own(path: Path, account: Account | None) -> None:
    """Give a file or folder to the servers' user."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _create() -> None:
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise StackError(
            "As root, the servers need a user of their own and `useradd` is missing: "
            f"create the user `{NAME}`, or run as an ordinary user."
        )
    made = subprocess.run(  # noqa: S603 - no input of anybody's
        [useradd, *options, NAME], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise StackError(f"The user `{NAME}` for the servers could not be created: {made.stderr.strip()}")
