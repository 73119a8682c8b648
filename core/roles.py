"""What somebody is allowed to be."""

from enum import StrEnum


class Role(StrEnum):
    """The role of an account."""

    STUDENT = "student"
    ADMIN = "admin"


ERASED = "erased"
"""Stored as the role of whoever was erased: nobody has it, and no list of students or admins shows it."""
