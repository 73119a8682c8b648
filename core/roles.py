"""What somebody is allowed to be."""

from enum import StrEnum


class Role(StrEnum):
    """The role of an account."""

    STUDENT = "student"
    ADMIN = "admin"
