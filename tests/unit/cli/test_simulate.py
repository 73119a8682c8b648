"""Where `edutrack simulate` goes, and as whom."""

from pathlib import Path

import pytest

from cli.demo.accounts import Account, prepare_accounts, publish_accounts
from cli.simulate import _address, _admin
from core.settings import Settings


def settings(home: Path, **options: str) -> Settings:
    return Settings(
        home=home,
        env="development",
        database_url="postgresql://nowhere/nothing",
        amqp_url="amqp://nowhere",
        redis_url="redis://nowhere",
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123"),
        ("0.0.0.0", "http://127.0.0.1:8123"),
        ("::", "http://127.0.0.1:8123"),
        ("::1", "http://[::1]:8123"),
        ("school.example.org", "http://school.example.org:8123"),
    ],
)
def test_it_calls_the_gateway_where_the_settings_have_it(tmp_path: Path, host: str, address: str) -> None:
    assert _address(settings(tmp_path, host=host, port="8123")) == address


def test_the_demo_admin_reads_the_rosters(tmp_path: Path) -> None:
    path = tmp_path / "demo-accounts.json"
    prepare_accounts(path, [Account("ada", "pw-a", "student"), Account("root", "pw-r", "admin")])
    publish_accounts(path)
    assert _admin(settings(tmp_path), None) == ("root", "pw-r")


def test_without_demo_accounts_nobody_reads_the_rosters(tmp_path: Path) -> None:
    assert _admin(settings(tmp_path), None) is None
