"""Who is signed in to the pages: a signed cookie of the pages' own.

It opens no route of the API, which reads no cookies, and no access token is a session. A visitor has one
before signing in too, which forms are bound to; signing in or out always begins another one.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from redis import RedisError
from redis.asyncio import Redis

from api.outage import Outage
from core.clock import Clock
from core.settings import Settings

COOKIE = "edutrack-session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Over TLS: browsers take it from nobody but this very host, and send it nowhere else (RFC 6265bis)."""

_SIGNED_OUT = "edutrack:signed-out"


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long somebody stays signed in."""

    lifetime: timedelta = timedelta(hours=12)


SESSIONS = SessionPolicy()


@dataclass(frozen=True, slots=True)
class Session:
    """One visit of one browser. `seal` changes with the password, which thereby ends older sessions."""

    nonce: str
    expires_at: datetime
    user_id: int | None = None
    seal: str = ""


class Sessions:
    """Issues and reads sessions, and remembers in Redis which were signed out of."""

    def __init__(self, settings: Settings, clock: Clock, redis: Redis) -> None:
        keys = [key.get_secret_value() for key in (*settings.previous_secret_keys, settings.secret_key)]
        self._cookies = _signer(keys, "edutrack session")
        self._forms = _signer(keys, "edutrack form")
        self._clock = clock
        self._redis = redis
        self._outage = Outage("Redis", "sessions that were signed out of are not known")

    def begin(self, user_id: int | None = None, seal: str = "") -> Session:
        """Return a new session, of a user or of nobody yet."""
        expires_at = (self._clock() + SESSIONS.lifetime).replace(microsecond=0)
        return Session(secrets.token_urlsafe(16), expires_at, user_id, seal)

    def write(self, session: Session) -> str:
        """Return a session as a cookie's value."""
        return _text(
            self._cookies.dumps(
                [session.nonce, int(session.expires_at.timestamp()), session.user_id, session.seal]
            )
        )

    def read(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie; None where it is none of ours, or over."""
        try:
            nonce, expires, user_id, seal = self._cookies.loads(cookie or "")
        except BadSignature:
            return None
        session = Session(nonce, datetime.fromtimestamp(expires, UTC), user_id, seal)
        return session if session.expires_at > self._clock() else None

    def form_token(self, session: Session) -> str:
        """Return what a form carries to show that it is one of ours, given to this session."""
        return _text(self._forms.dumps(session.nonce))

    def is_form_token(self, token: str, session: Session) -> bool:
        """Return whether a form's token was given to this session."""
        try:
            nonce = self._forms.loads(token)
        except BadSignature:
            return False
        return secrets.compare_digest(str(nonce).encode(), session.nonce.encode())

    async def end(self, session: Session) -> None:
        """Let a session be over, also for whoever kept its cookie."""
        left = session.expires_at - self._clock()
        try:
            await self._redis.set(f"{_SIGNED_OUT}:{session.nonce}", 1, ex=left + timedelta(minutes=1))
        except (RedisError, OSError) as error:
            self._outage.noticed(error)

    async def has_ended(self, session: Session) -> bool:
        """Return whether somebody signed out of a session; not known while Redis is away."""
        try:
            ended = await self._redis.exists(f"{_SIGNED_OUT}:{session.nonce}")
        except (RedisError, OSError) as error:
            self._outage.noticed(error)
            return False
        self._outage.over()
        return bool(ended)


def seal_of(password_hash: str) -> str:
    """Return what a session keeps of the password it was opened with: nothing that helps to find it."""
    return hashlib.sha256(b"edutrack seal\0" + password_hash.encode()).hexdigest()[:16]


def _signer(keys: list[str], purpose: str) -> URLSafeSerializer:
    """Return a signer by the last key that still reads what the others have signed."""
    return URLSafeSerializer(
        keys, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )


def _text(signed: Any) -> str:
    return signed if isinstance(signed, str) else signed.decode()
