"""The run against the real YouTube, for people with internet: `pytest tests/live --live LINK`."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--live", action="append", metavar="LINK", help="a playlist to import from YouTube; repeatable"
    )


def links(config: pytest.Config) -> list[str]:
    """Return the playlists asked for; none where this folder is only one of many."""
    return config.getoption("--live", default=None) or []


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if links(config) else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("link", links(metafunc.config))
