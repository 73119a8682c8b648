"""What a line of a roster would change, by what is stored and what earlier lines said. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum

from core.accounts import caseless
from core.roles import Role
from core.rosters.reading import Line, Mistake

Place = tuple[str, int]
"""`(username_key, course_id)`"""


class Outcome(StrEnum):
    """What becomes of a line; the names are those of the counts."""

    CREATED = "created"
    """Its student is new."""
    UPDATED = "updated"
    """Its student changes, or gets a place in a course."""
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Account:
    """A user as stored."""

    id: int
    username: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds that some lines are about."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    """By `username_key`."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """The `username_key` of whoever has an `email_key`."""
    courses: Mapping[int, str] = field(default_factory=dict)
    """The caseless title of each course that takes students."""
    places: AbstractSet[Place] = frozenset()

    def id_of(self, username_key: str) -> float:
        """Return the id of a user; beyond all others where there is none yet."""
        account = self.accounts.get(username_key)
        return math.inf if account is None else account.id


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line that can be used and what it comes to, or why it cannot."""

    outcome: Outcome
    line: Line | None = None
    course_id: int | None = None
    mistake: Mistake | None = None


@dataclass(slots=True)
class Judge:
    """Judges the lines of one file in their order, some at a time.

    An address that a line gives away belongs to its old owner until the file ends, so that the verdicts do
    not depend on how many lines are judged at a time. A student is spelled as in the first line, or the same
    file would change something each time.
    """

    _emails: dict[str, str] = field(default_factory=dict)
    """Whose an address is by earlier lines, given or given away."""
    _students: dict[str, Line] = field(default_factory=dict)
    """The first line of each student."""
    _places: set[Place] = field(default_factory=set)

    def judge(self, lines: Iterable[Line | Mistake], known: Known) -> Iterator[Verdict]:
        """Yield a verdict for each line."""
        for line in lines:
            if isinstance(line, Mistake):
                yield Verdict(Outcome.FAILED, mistake=line)
                continue
            try:
                yield self._judge(line, known)
            except _WrongCell as wrong:
                yield Verdict(Outcome.FAILED, mistake=Mistake(line.number, wrong.column, wrong.reason))

    def _judge(self, line: Line, known: Known) -> Verdict:
        name, email = line.username_key, line.email_key
        account = known.accounts.get(name)
        if account and account.role != Role.STUDENT:
            raise _WrongCell("username", "belongs to an admin: a roster has students alone")
        if self._emails.get(email, known.owners.get(email, name)) != name:
            raise _WrongCell("email", "belongs to somebody else, in the school or in an earlier line")
        first = self._students.get(name, line)
        if first.email_key != email:
            raise _WrongCell("email", "is another one than an earlier line gives this student")
        course_id = _course_of(line, known.courses)
        is_new = account is None and name not in self._students
        changes = account is not None and (account.username, account.email) != (line.username, line.email)
        changes = changes and name not in self._students
        if account is not None:
            self._emails.setdefault(caseless(account.email), name)
        self._emails[email], self._students[name] = name, first
        gets_place = course_id is not None and self._is_new_place((name, course_id), known)
        outcome = Outcome.UPDATED if changes or gets_place else Outcome.UNCHANGED
        spelled = replace(line, username=first.username, email=first.email)
        return Verdict(Outcome.CREATED if is_new else outcome, spelled, course_id)

    def _is_new_place(self, place: Place, known: Known) -> bool:
        is_new = place not in self._places and place not in known.places
        self._places.add(place)
        return is_new


class _WrongCell(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def _course_of(line: Line, courses: Mapping[int, str]) -> int | None:
    if line.course_id is not None:
        if line.course_id not in courses:
            raise _WrongCell("course_id", "is no course that takes students")
        return line.course_id
    if line.course_title is None:
        return None
    wanted = caseless(line.course_title)
    found: Sequence[int] = [course_id for course_id, title in courses.items() if title == wanted]
    if len(found) != 1:
        many = (
            "is the title of several courses: use course_id" if found else "is no course that takes students"
        )
        raise _WrongCell("course", many)
    return found[0]
