import pytest
from dotenv import dotenv_values

from core.settings import load_settings
from stack.environment import process_environment, write_settings
from stack.home import Home

URLS = {
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x",
    "AMQP_URL": "amqp://127.0.0.1:1",
    "REDIS_URL": "redis://127.0.0.1:1",
}


@pytest.mark.parametrize(
    "value", ["plain", "it's", 'a "b"', "back\\slash", "a # b", "${HOME}", "$HOME", "ü €"]
)
def test_a_value_is_read_back_as_it_was_written(home: Home, value: str) -> None:
    write_settings(home, {"AMQP_URL": value}, {})

    assert dotenv_values(home.settings_file)["EDUTRACK_AMQP_URL"] == value


def test_a_command_in_another_shell_finds_the_stack(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDUTRACK_HOME", str(home.root))
    write_settings(home, {**URLS, "ENV": "development"}, {"SECRET_KEY": "made"})

    settings = load_settings()

    assert settings.secret_key.get_secret_value() == "made"
    assert settings.redis_url.get_secret_value() == URLS["REDIS_URL"]


def test_settings_of_the_shell_that_started_the_stack_are_kept(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDUTRACK_TIMEZONE", "Asia/Tokyo")
    monkeypatch.setenv("EDUTRACK_SECRET_KEY", "of the shell")
    monkeypatch.setenv("EDUTRACK_PORT", "1")

    write_settings(home, {"PORT": "2"}, {"SECRET_KEY": "made"})

    written = dotenv_values(home.settings_file)
    assert written["EDUTRACK_TIMEZONE"] == "Asia/Tokyo"
    assert written["EDUTRACK_SECRET_KEY"] == "of the shell"
    assert written["EDUTRACK_PORT"] == "2"


def test_only_the_owner_reads_the_settings(home: Home) -> None:
    write_settings(home, URLS, {})

    assert home.settings_file.stat().st_mode & 0o777 == 0o600


def test_processes_inherit_neither_secrets_nor_what_steers_other_servers(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EDUTRACK_SECRET_KEY", "PGHOST", "RABBITMQ_NODENAME", "ERL_FLAGS", "NOTIFY_SOCKET"):
        monkeypatch.setenv(name, "foreign")
    monkeypatch.setenv("LANG", "C.UTF-8")

    environment = process_environment(home)

    assert "foreign" not in environment.values()
    assert environment["EDUTRACK_HOME"] == str(home.root)
    assert environment["LANG"] == "C.UTF-8"
