"""The demonstration's accounts and the file that holds their passwords."""

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import EduTrackError
from core.roles import Role
from stack.files import write_private

PASSWORD_BYTES = 12
EDITOR = "demo-admin"
ROLES = {
    EDITOR: Role.ADMIN,
    "demo-ada": Role.STUDENT,
    "demo-ben": Role.STUDENT,
    "demo-chi": Role.STUDENT,
}
"""Names as they are: lower case and plain, so that each is its own caseless key."""


class UnreadableAccounts(EduTrackError):
    """The file with the demo accounts is not what was written there."""

    title = "The demo accounts cannot be read"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to sign in as."""

    username: str
    password: str
    role: str

    @property
    def email(self) -> str:
        return f"{self.username}@example.org"


def accounts_file(home: Path) -> Path:
    """Return where the accounts of a home are written down."""
    return home / "demo-accounts.json"


def read_accounts(path: Path) -> list[Account]:
    """Return the accounts written down; none where there is no file.

    Raises:
        UnreadableAccounts: the file is damaged.

    """
    try:
        return [Account(**entry) for entry in json.loads(path.read_text())]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError):
        raise UnreadableAccounts(
            f"{path} is damaged. Delete it, and give the demo accounts new passwords with "
            "`edutrack user password`."
        ) from None


def prepare_accounts(path: Path, accounts: Sequence[Account]) -> None:
    """Write accounts down beside the file, readable for their owner alone, before they exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(_prepared(path), json.dumps([asdict(account) for account in accounts], indent=2) + "\n")


def known_accounts(path: Path) -> list[Account]:
    """Return the accounts that were prepared last, else those in the file.

    Raises:
        UnreadableAccounts: the file is damaged.

    """
    return read_accounts(_prepared(path) if _prepared(path).exists() else path)


def publish_accounts(path: Path) -> None:
    """Put what was prepared in the file's place, now that the accounts exist."""
    _prepared(path).replace(path)


def _prepared(path: Path) -> Path:
    return path.with_suffix(".prepared.json")


def with_missing(known: Sequence[Account], taken: Collection[str]) -> list[Account]:
    """Return the known accounts and, with new passwords, those neither known nor `taken` by a user."""
    names = {account.username for account in known}
    missing = [name for name in ROLES if name not in names and name not in taken]
    return [
        *known,
        *(Account(name, secrets.token_urlsafe(PASSWORD_BYTES), ROLES[name].value) for name in missing),
    ]
