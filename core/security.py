"""Passwords and access tokens.

Argon2id through passlib, JSON Web Tokens through python-jose. Both are fenced in: what the libraries leave
open (any algorithm, an empty key, a missing audience, an unknown `crit`) is closed here.
"""

import asyncio
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar
from uuid import uuid4

from jose import jwk, jwt
from jose.exceptions import JOSEError
from passlib.context import CryptContext

from core.clock import Clock, utc_now
from core.errors import Unauthenticated, Unavailable
from core.roles import Role
from core.settings import MIN_SECRET_BYTES, Settings, SettingsError

ALGORITHM = "HS256"
ISSUER = "edutrack"
AUDIENCE = "edutrack-api"
MAX_ID = 2**63 - 1

INVALID = "this token is not valid here: sign in with POST /auth/login"
EXPIRED = "this token has expired: sign in again with POST /auth/login"

_MAX_LENGTH = 4096
"""What passlib takes; nobody has a longer one."""

# A signature has 32 bytes, whose last letter leaves two bits open: of its four spellings one is accepted.
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_USER_ID = re.compile(r"[1-9][0-9]{0,18}")
_MAX_TOKEN_LENGTH = 2_000
_LAST_SECOND = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())

# `exp` is required and checked here: python-jose would check a required one, by a clock of its own.
_OPTIONS = {
    **{f"require_{claim}": True for claim in ("aud", "iss", "sub", "jti", "iat")},
    "verify_exp": False,
}

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Hashing:
    """What one hash costs (Argon2id, OWASP's least), and how long its turn is waited for."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1
    wait: timedelta = timedelta(seconds=2)


HASHING = Hashing()


class Passwords:
    """Hashes and checks passwords off the event loop, one at a time: a flood of logins costs 19 MiB."""

    def __init__(self, hashing: Hashing = HASHING) -> None:
        self._wait = hashing.wait.total_seconds()
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=hashing.memory_kib,
            argon2__rounds=hashing.passes,
            argon2__parallelism=hashing.lanes,
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._hash_of_nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return what to store.

        Raises:
            Unavailable: its turn did not come in time.

        """
        return await self._in_turn(lambda: self._hash(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Return whether this is the password that was stored; where none can be, after the same work.

        Raises:
            Unavailable: its turn did not come in time.

        """
        return await self._in_turn(lambda: self._verify(password, stored))

    def close(self) -> None:
        """Cancel what has not begun and let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_turn(self, work: Callable[[], _Result]) -> _Result:
        try:
            async with asyncio.timeout(self._wait):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError as error:
            raise Unavailable("too many people are signing in: try again soon", retry_after=2) from error

    def _hash(self, password: str) -> str:
        return str(self._context.hash(unicodedata.normalize("NFKC", password)))

    def _verify(self, password: str, stored: str | None) -> bool:
        if self._hash_of_nobody is None:
            self._hash_of_nobody = self._hash(secrets.token_hex())
        normalized = unicodedata.normalize("NFKC", password)
        possible = stored is not None and self._context.identify(stored) and len(normalized) <= _MAX_LENGTH
        against = stored if possible else self._hash_of_nobody
        return bool(self._context.verify(normalized[:_MAX_LENGTH], against)) and bool(possible)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of its bearer."""

    user_id: int
    username: str
    role: Role
    expires_at: datetime


class Tokens:
    """Issues and reads access tokens.

    Tokens are signed with `key`; those of `previous` keys are still read, so that keys can be changed. What
    was verified once is remembered until it expires, because every event carries a token.
    """

    def __init__(
        self,
        key: bytes,
        previous: tuple[bytes, ...] = (),
        *,
        lifetime: timedelta = timedelta(minutes=60),
        clock: Clock = utc_now,
        remembered: int = 8_192,
    ) -> None:
        self._keys = {key_id(secret): _construct(secret) for secret in (*previous, key)}
        self._key_id = key_id(key)
        self._lifetime = lifetime
        self._clock = clock
        self._remembered = remembered
        self._verified: dict[str, Claims] = {}

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock = utc_now) -> Self:
        """Return tokens as the settings have them.

        Raises:
            SettingsError: a key is missing, too short, or meant for something else.

        """
        return cls(
            settings.secret_key.get_secret_value().encode(),
            tuple(key.get_secret_value().encode() for key in settings.previous_secret_keys),
            lifetime=timedelta(minutes=settings.token_minutes),
            clock=clock,
        )

    def issue(self, user_id: int, username: str, role: Role) -> str:
        """Return a new token."""
        now = self._clock()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "jti": uuid4().hex,
            "iat": int(now.timestamp()),
            "exp": int((now + self._lifetime).timestamp()),
            "username": username,
            "role": role.value,
        }
        return jwt.encode(claims, self._keys[self._key_id], ALGORITHM, headers={"kid": self._key_id})

    def read(self, token: str) -> Claims:
        """Return what a token says.

        Raises:
            Unauthenticated: it is not one of ours, or has expired.

        """
        claims = self._verified.get(token)
        if claims is None:
            claims = self._verify(token)
            self._remember(token, claims)
        if claims.expires_at <= self._clock():
            self._verified.pop(token, None)
            raise Unauthenticated(EXPIRED)
        return claims

    def _remember(self, token: str, claims: Claims) -> None:
        while len(self._verified) >= self._remembered:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = claims

    def _verify(self, token: str) -> Claims:
        try:
            return _claims(jwt.decode(token, self._key_of(token), [ALGORITHM], _OPTIONS, AUDIENCE, ISSUER))
        except (JOSEError, ValueError, TypeError, KeyError) as error:
            raise Unauthenticated(INVALID) from error

    def _key_of(self, token: str) -> Any:
        """Return the key a token names; python-jose would accept other shapes, and ignore `crit`."""
        if len(token) > _MAX_TOKEN_LENGTH or _TOKEN.fullmatch(token) is None:
            raise ValueError("not a compact JWS")
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM or "crit" in header:
            raise ValueError("another algorithm, or a critical extension")
        key = self._keys.get(str(header.get("kid")))
        if key is None:
            raise ValueError("not one of our keys")
        return key


def key_id(secret: bytes) -> str:
    """Return the name of a key, which tokens carry."""
    return hashlib.sha256(b"edutrack key id\0" + secret).hexdigest()[:16]


def _construct(secret: bytes) -> Any:
    if len(secret) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"EDUTRACK_SECRET_KEY (and every previous key) must have at least {MIN_SECRET_BYTES} bytes; "
            "make one with `openssl rand -hex 32`"
        )
    try:
        return jwk.construct(secret, ALGORITHM)
    except JOSEError as error:
        raise SettingsError(
            "EDUTRACK_SECRET_KEY must be random text, not a certificate or a key pair"
        ) from error


def _claims(payload: dict[str, Any]) -> Claims:
    """Return typed claims; the signature held, so anything odd is a key that leaked or a mistake of ours."""
    subject, username = payload["sub"], payload["username"]
    issued, expires = payload["iat"], payload["exp"]
    if type(issued) is not int or type(expires) is not int or not isinstance(username, str):
        raise ValueError("a claim has the wrong type")
    if _USER_ID.fullmatch(subject) is None or int(subject) > MAX_ID:
        raise ValueError("sub is no user id")
    if not 0 < issued < expires < _LAST_SECOND:
        raise ValueError("a claim is out of range")
    return Claims(int(subject), username, Role(payload["role"]), datetime.fromtimestamp(expires, UTC))
