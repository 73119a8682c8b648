import asyncio
import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import Unauthenticated, Unavailable
from core.roles import Role
from core.security import Claims, Hashing, Passwords, Tokens, key_id
from core.settings import Settings, SettingsError

KEY = b"k" * 32
OTHER_KEY = b"o" * 32
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHEAP = Hashing(memory_kib=8, passes=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(KEY, clock=clock)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    made.close()


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def forge(claims: object = None, header: object = None, key: bytes = KEY, /, **changed: Any) -> str:
    """Sign whatever is asked for, as somebody with the key could."""
    head = header if header is not None else {"alg": "HS256", "typ": "JWT", "kid": key_id(KEY)}
    body = claims if claims is not None else {**good_claims(), **changed}
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if value is not ...}
    signed = f"{part(head)}.{part(body)}"
    return f"{signed}.{part(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def good_claims() -> dict[str, Any]:
    now = int(NOON.timestamp())
    return {
        "iss": "edutrack",
        "aud": "edutrack-api",
        "sub": "7",
        "jti": "x",
        "iat": now,
        "exp": now + 60,
        "username": "ada",
        "role": "student",
    }


def refused(tokens: Tokens, token: str) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        tokens.read(token)
    return refusal.value.detail


# Tokens


def test_a_token_says_who_it_was_issued_to(tokens: Tokens) -> None:
    token = tokens.issue(7, "ada", Role.STUDENT)
    assert tokens.read(token) == Claims(7, "ada", Role.STUDENT, NOON + timedelta(minutes=60))


def test_what_the_tests_forge_is_accepted_when_nothing_is_wrong_with_it(tokens: Tokens) -> None:
    assert tokens.read(forge()).user_id == 7


@pytest.mark.parametrize("remembered", [False, True])
def test_a_token_ends_at_its_last_second(tokens: Tokens, clock: Clock, remembered: bool) -> None:
    token = tokens.issue(7, "ada", Role.STUDENT)
    clock.now = NOON + timedelta(minutes=59, seconds=59) if remembered else NOON
    if remembered:
        tokens.read(token)
    clock.now = NOON + timedelta(minutes=60)
    assert "expired" in refused(tokens, token)


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "jti", "iat", "exp", "username", "role"])
def test_every_claim_is_required(tokens: Tokens, missing: str) -> None:
    refused(tokens, forge(**{missing: ...}))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "somebody"},
        {"aud": "another-api"},
        {"aud": 7},
        {"sub": 7},
        {"sub": "0"},
        {"sub": "-1"},
        {"sub": "७"},
        {"sub": "9223372036854775808"},
        {"sub": "1e3"},
        {"role": "root"},
        {"role": None},
        {"role": ["admin"]},
        {"username": None},
        {"username": ["ada"]},
        {"exp": "9999999999"},
        {"exp": 9e300},
        {"exp": 10**18},
        {"exp": True},
        {"iat": []},
        {"iat": "x"},
        {"iat": -1},
        {"jti": 7},
        {"nbf": 10**11},
        {"at_hash": "x"},
    ],
    ids=str,
)
def test_a_claim_of_another_kind_is_refused(tokens: Tokens, changed: dict[str, Any]) -> None:
    refused(tokens, forge(**changed))


@pytest.mark.parametrize("claims", [[], "x", 7, [1, 2], b"{", b"\xff", {}], ids=str)
def test_a_payload_that_is_no_claims_is_refused(tokens: Tokens, claims: object) -> None:
    refused(tokens, forge(claims))


KID = key_id(KEY)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": KID},
        {"alg": "None", "kid": KID},
        {"alg": "HS512", "kid": KID},
        {"alg": "RS256", "kid": KID},
        {"alg": "HS", "kid": KID},
        {"alg": ["HS256"], "kid": KID},
        {"kid": KID},
        {"alg": "HS256"},
        {"alg": "HS256", "kid": None},
        {"alg": "HS256", "kid": [KID]},
        {"alg": "HS256", "kid": "../../dev/null"},
        {"alg": "HS256", "kid": KID, "crit": ["exp"]},
        {"alg": "HS256", "kid": KID, "crit": []},
        [],
        b"{",
        b"\xff",
    ],
    ids=str,
)
def test_a_header_of_another_kind_is_refused(tokens: Tokens, header: object) -> None:
    refused(tokens, forge(None, header))


def test_an_unsigned_token_is_refused(tokens: Tokens) -> None:
    head, body, _ = forge(None, {"alg": "none", "typ": "JWT"}).split(".")
    for signature in ("", "x", part(b"")):
        refused(tokens, f"{head}.{body}.{signature}")


def test_a_signature_by_another_key_is_refused(tokens: Tokens) -> None:
    refused(tokens, forge(None, None, OTHER_KEY))
    refused(tokens, forge(None, None, b""))


def test_a_changed_payload_is_refused_also_after_the_original_was_read(tokens: Tokens) -> None:
    head, body, signature = forge().split(".")
    tokens.read(f"{head}.{body}.{signature}")
    other = forge(role="admin").split(".")[1]
    refused(tokens, f"{head}.{other}.{signature}")


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "...", "a.b", "a.b.c.d", "é.é.é", "a b.c.d", " ", "x" * 5000, f"{'[' * 1500}.e30.x"],
)
def test_what_is_no_token_is_refused(tokens: Tokens, text: str) -> None:
    refused(tokens, text)


def test_junk_within_a_token_does_not_make_it_another_valid_one(tokens: Tokens) -> None:
    token = forge()
    for changed in (token + "=", token + "\n", " " + token, token.replace(".", ".!", 1), token + "!"):
        refused(tokens, changed)


def test_a_header_nested_without_end_is_refused(tokens: Tokens) -> None:
    refused(tokens, f"{part(b'[' * 1400)}.e30.x")


def test_a_key_that_was_replaced_is_still_accepted_and_no_longer_used() -> None:
    clock = Clock()
    old, new = Tokens(OTHER_KEY, clock=clock), Tokens(KEY, (OTHER_KEY,), clock=clock)
    assert new.read(old.issue(7, "ada", Role.STUDENT)).user_id == 7
    refused(old, new.issue(7, "ada", Role.STUDENT))


@pytest.mark.parametrize("key", [b"", b"k" * 31])
def test_a_short_key_is_refused_also_as_a_previous_one(key: bytes) -> None:
    with pytest.raises(SettingsError, match="at least 32 bytes"):
        Tokens(key)
    with pytest.raises(SettingsError, match="at least 32 bytes"):
        Tokens(KEY, (key,))


def test_a_public_key_is_no_secret() -> None:
    with pytest.raises(SettingsError, match="random text"):
        Tokens(b"-----BEGIN PUBLIC KEY-----" + b"x" * 40)


def test_development_needs_a_key_too() -> None:
    settings = Settings(
        env="development",
        database_url="postgresql://localhost/x",
        amqp_url="amqp://localhost",
        redis_url="redis://localhost",
    )
    with pytest.raises(SettingsError, match="EDUTRACK_SECRET_KEY"):
        Tokens.from_settings(settings)


def test_what_is_remembered_is_bounded(clock: Clock) -> None:
    tokens = Tokens(KEY, clock=clock, remembered=3)
    issued = [tokens.issue(n, "ada", Role.STUDENT) for n in range(1, 11)]
    assert [tokens.read(token).user_id for token in issued * 2] == [*range(1, 11)] * 2
    assert len(tokens._verified) == 3


# Passwords


async def test_a_password_is_recognised_and_no_other(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")
    assert await passwords.verify("correct horse", stored)
    assert not await passwords.verify("correct horsf", stored)


async def test_hashes_of_one_password_differ(passwords: Passwords) -> None:
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_a_password_typed_on_another_keyboard_is_the_same(passwords: Passwords) -> None:
    assert await passwords.verify("cafe\u0301 au lait", await passwords.hash("caf\u00e9 au lait"))


async def test_nobody_has_a_password_of_any_length(passwords: Passwords) -> None:
    stored = await passwords.hash("x" * 4096)
    assert not await passwords.verify("x" * 4097, stored)
    assert not await passwords.verify("x" * 1_000_000, stored)


@pytest.mark.parametrize("stored", [None, "", "!", "correct horse"])
async def test_what_is_no_hash_is_nobody_s_password(passwords: Passwords, stored: str | None) -> None:
    assert not await passwords.verify("correct horse", stored)


async def test_hashes_cost_what_the_design_says() -> None:
    passwords = Passwords()
    assert (await passwords.hash("correct horse")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    passwords.close()


async def test_an_unknown_user_costs_a_hash_too(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    await passwords.verify("x", None)
    verify, seen = passwords._context.verify, []

    def watched(secret: str, stored: str) -> bool:
        seen.append(stored)
        return bool(verify(secret, stored))

    monkeypatch.setattr(passwords._context, "verify", watched)
    await passwords.verify("x", None)
    assert [stored.split("$")[3] for stored in seen] == ["m=8,t=1,p=1"]


async def test_hashing_one_at_a_time_leaves_the_loop_free(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, busy, most = Passwords(CHEAP), 0, 0

    def slow(password: str) -> str:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        time.sleep(0.01)
        busy -= 1
        return password

    monkeypatch.setattr(passwords, "_hash", slow)
    turns = [asyncio.create_task(passwords.hash(str(n))) for n in range(5)]
    ticks = 0
    while not all(turn.done() for turn in turns):
        await asyncio.sleep(0.001)
        ticks += 1
    assert ([turn.result() for turn in turns], most) == (["0", "1", "2", "3", "4"], 1)
    assert ticks > 5
    passwords.close()


async def test_a_turn_that_does_not_come_is_refused_with_a_time_to_retry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passwords = Passwords(Hashing(memory_kib=8, passes=1, wait=timedelta(milliseconds=20)))
    monkeypatch.setattr(passwords, "_hash", lambda _: time.sleep(0.2))
    answers = await asyncio.gather(*(passwords.hash("x") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(answer, Unavailable) and answer.retry_after for answer in answers)
    passwords.close()
