"""What a username, an e-mail address and a password may be, and when two of them are one. Pure."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

USERNAME_LENGTH = range(3, 65)
PASSWORD_LENGTH = range(8, 129)

NO_PASSWORD = "!"  # noqa: S105 - what is stored where there is none
"""Stored as the hash of whoever has no password yet; no password has it."""


def caseless(text: str) -> str:
    """Return the form in which two spellings of one name are equal (Unicode's NFKC_Casefold, in essence)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def username_of(text: str) -> str:
    """Return a username in the form in which it is shown: NFKC, one line, nothing invisible.

    Raises:
        ValueError: it is none; the message says what it must be.

    """
    name = unicodedata.normalize("NFKC", text)
    if len(name) not in USERNAME_LENGTH:
        raise ValueError(_length_rule(USERNAME_LENGTH))
    if not name.isprintable() or name != name.strip():
        raise ValueError("must be printable, and not begin or end with a space")
    return name


def email_of(text: str) -> str:
    """Return an e-mail address in its normal form.

    Raises:
        ValueError: it is none.

    """
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError("must be an e-mail address such as ada@example.org") from error


def password_of(text: str) -> str:
    """Return a password as it is.

    Raises:
        ValueError: it is too short or too long.

    """
    if len(text) not in PASSWORD_LENGTH:
        raise ValueError(_length_rule(PASSWORD_LENGTH))
    return text


def _length_rule(lengths: range) -> str:
    return f"must have {lengths.start} to {lengths.stop - 1} characters"
