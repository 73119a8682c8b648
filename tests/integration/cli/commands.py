"""Running commands inside the tests."""

import asyncio
from collections.abc import Callable

from typer.testing import Result

Run = Callable[..., Result]


async def in_thread(run: Run, *arguments: str, typed: str = "") -> Result:
    """Run it beside the tests' event loop: a command starts one of its own."""
    return await asyncio.to_thread(run, *arguments, typed=typed)


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output
