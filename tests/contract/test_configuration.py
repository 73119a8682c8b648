"""README.md and .env.example list every setting with its default and its meaning, and none that does not exist."""

import re
from enum import Enum
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from core.settings import HomeSettings, Settings, StackSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SECTIONS: dict[str, type[HomeSettings]] = {
    "### API, workers and commands": Settings,
    "### `make up`": StackSettings,
}
OUTSIDE_THE_CODE = {"EDUTRACK_SERVICES_PORT"}
"""Read by docker-compose.yml alone."""


def default_of(field: FieldInfo) -> str:
    """Return a default as it would be written into the environment."""
    value = "" if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value.value if isinstance(value, Enum) else value)


def row(name: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else f"`{default_of(field)}`" if default_of(field) else "none"
    return f"| `EDUTRACK_{name.upper()}` | {default} | {field.description} |"


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_readme_lists_exactly_the_settings_there_are(heading: str) -> None:
    section = README.partition(f"{heading}\n")[2].partition("\n#")[0]
    listed = [line for line in section.splitlines() if line.startswith("| `")]
    assert listed == [row(name, field) for name, field in SECTIONS[heading].model_fields.items()]


def test_the_example_gives_every_setting_with_its_default() -> None:
    pairs = re.findall(r"^# (.+)\n# (EDUTRACK_\w+)=(.*)$", EXAMPLE, re.MULTILINE)
    listed = {(name, default, meaning) for meaning, name, default in pairs}
    assert listed >= {
        (f"EDUTRACK_{name.upper()}", default_of(field), field.description)
        for settings in (Settings, StackSettings)
        for name, field in settings.model_fields.items()
    }


@pytest.mark.parametrize("text", [README, EXAMPLE], ids=["README.md", ".env.example"])
def test_no_setting_is_named_that_does_not_exist(text: str) -> None:
    known = {f"EDUTRACK_{name.upper()}" for name in {**Settings.model_fields, **StackSettings.model_fields}}
    assert set(re.findall(r"EDUTRACK_[A-Z_]*[A-Z]", text)) <= known | OUTSIDE_THE_CODE
