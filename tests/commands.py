"""Looking up `edutrack` commands by their words."""

from typing import Any

import typer

from cli.main import app


def resolve(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command or group of commands that words name, and what is left of them."""
    found: Any = typer.main.get_command(app)
    while words and words[0] in getattr(found, "commands", {}):
        found, words = found.commands[words[0]], words[1:]
    return found, words


def options_of(command: Any) -> set[str]:
    return {option for parameter in getattr(command, "params", []) for option in parameter.opts}
