"""Rules about the code that no linter knows: who owns what, what looks alike, what must not be here."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

import core.tables
from core.database import Base
from core.settings import Settings, StackSettings

ROOT = Path(__file__).parents[1]
PACKAGES = ("api", "bench", "cli", "core", "events", "migrations", "simulation", "stack", "web", "workers")
SLICES = ("attendance", "auth", "courses", "ops", "progress", "rosters", "videos")
MAX_LINES, MAX_TEST_LINES, MAX_FUNCTION_LINES, MAX_RECORD_LINES = 300, 350, 40, 50
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]

ALSO_WRITES = {
    "api/courses/queries.py": {"videos"},  # a course is filled at its own address
    "api/videos/queries.py": {"courses"},  # a playlist that is asked for becomes a course at once
    "core/people/erasing.py": {"attendance_audit", "rosters"},  # who is erased is erased everywhere
    "cli/demo/load.py": {"courses", "videos"},  # the demonstration, once
    "workers/playlist_import/queries.py": {"courses", "videos"},  # a course becomes what its playlist is
}


def tracked() -> list[Path]:
    """Return every file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> Iterator[str]:
    """Return the full names of what a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def slice_files(*names: str) -> list[Path]:
    return [path for each in SLICES for name in names if (path := ROOT / "api" / each / name).exists()]


def test_packages_import_only_whom_they_may() -> None:
    """The contracts stand in pyproject.toml. A process of its own, because it would silence our loggers."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def owner_of(table: str) -> str:
    """Return the module that the docstring of a table's module names as its owner."""
    for mapper in Base.registry.mappers:
        if mapper.class_.__tablename__ == table:
            text = import_module(mapper.class_.__module__).__doc__ or ""
            found = re.search(rf"`{table}`.*?[Oo]wned by `([\w.]+)`", text, re.DOTALL)
            assert found, f"no owner of {table} is named"
            return found[1]
    raise AssertionError(f"{table} has no class")


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_every_table_names_an_owner_that_exists(table: str) -> None:
    assert find_spec(owner_of(table)) is not None


def test_only_its_owner_writes_to_a_table() -> None:
    classes = {mapper.class_.__name__: mapper.class_.__tablename__ for mapper in Base.registry.mappers}
    assert set(classes) <= set(core.tables.__all__)
    written = re.compile(rf"\b(?:insert|update|delete)\(\s*({'|'.join(classes)})\b")
    for path in SOURCES:
        for name in written.findall(path.read_text()):
            table, module = classes[name], name_of(path).removesuffix(".py").replace("/", ".")
            excepted = table in ALSO_WRITES.get(name_of(path), set())
            assert excepted or module.startswith(owner_of(table)), f"{name_of(path)} writes to {table}"


@pytest.mark.parametrize("each", SLICES)
def test_every_slice_has_the_same_files(each: str) -> None:
    names = {path.name for path in (ROOT / "api" / each).glob("*.py")}
    assert {"app.py", "routes.py", "schemas.py"} <= names


def test_there_is_no_slice_that_these_tests_forget() -> None:
    folders = {path.parent.name for path in (ROOT / "api").glob("*/routes.py")}
    assert folders == set(SLICES)


def test_statements_stand_in_queries_alone() -> None:
    verbs = {f"sqlalchemy.{verb}" for verb in ("select", "insert", "update", "delete", "text", "func")}
    for path in slice_files("routes.py", "service.py", "schemas.py", "app.py"):
        assert not verbs & set(imports_of(path)), name_of(path)


def test_no_service_knows_http_and_none_commits() -> None:
    for path in slice_files("service.py", "queries.py"):
        foreign = {
            name for name in imports_of(path) if name.split(".")[0] in {"fastapi", "starlette", "httpx"}
        }
        assert not foreign, name_of(path)
        assert ".commit(" not in path.read_text(), name_of(path)


def test_the_simulation_knows_the_specification_and_nothing_else_of_the_stack() -> None:
    shared = (
        "core.calendar", "core.clock", "core.errors", "core.policy", "events.schemas", "events.meaning.fold",
    )  # fmt: skip
    for path in SOURCES:
        if name_of(path).startswith("simulation/"):
            ours = {name for name in imports_of(path) if name.split(".")[0] in PACKAGES}
            assert all(name.startswith((*shared, "simulation.")) for name in ours), name_of(path)


@pytest.mark.parametrize(
    ("library", "fence"), [("jose", "core/security.py"), ("passlib", "core/security.py")]
)
def test_libraries_with_gaps_stay_behind_their_fence(library: str, fence: str) -> None:
    users = {name_of(path) for path in SOURCES for name in imports_of(path) if name.split(".")[0] == library}
    assert users == {fence}


def test_nothing_deep_inside_reads_the_environment() -> None:
    for path in SOURCES:
        if not name_of(path).startswith(("cli/", "stack/")):
            assert not re.search(r"os\.environ|getenv\(", path.read_text()), name_of(path)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_installed_distribution_claims_a_name_of_ours(package: str) -> None:
    assert set(packages_distributions().get(package, ())) <= {"edutrack"}


def test_no_file_is_too_long() -> None:
    limits = [(path, MAX_LINES) for path in SOURCES] + [(path, MAX_TEST_LINES) for path in TESTS]
    long = {name_of(path) for path, limit in limits if len(path.read_text().splitlines()) > limit}
    assert not long


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how long a function is below its docstring."""
    documented = ast.get_docstring(function) is not None
    body = function.body[1:] if documented else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_is_too_long() -> None:
    long = {
        f"{name_of(path)}:{node.name}"
        for path in SOURCES
        if not name_of(path).startswith("migrations/versions/")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > MAX_FUNCTION_LINES
    }
    assert not long


def test_tests_lie_where_their_subject_lies() -> None:
    for kind in ("unit", "integration"):
        folders = {path.parent for path in (ROOT / "tests" / kind).rglob("test_*.py")}
        for folder in folders - {ROOT / "tests" / kind}:
            subject = ROOT / folder.relative_to(ROOT / "tests" / kind)
            assert subject.is_dir(), f"{name_of(folder)} mirrors nothing"


def test_no_test_is_skipped() -> None:
    skipping = re.compile(r"\b(?:mark\.skip|mark\.xfail|skipif|pytest\.skip|pytest\.xfail|importorskip)\b")
    assert [
        name_of(path) for path in TESTS if path != Path(__file__) and skipping.search(path.read_text())
    ] == []


@pytest.mark.parametrize("settings", [Settings, StackSettings])
def test_every_setting_says_what_it_means(settings: type[Settings | StackSettings]) -> None:
    assert [name for name, field in settings.model_fields.items() if not field.description] == []


def test_the_repository_names_no_package_host_and_no_place_on_a_machine() -> None:
    hosts = r"pythonhosted\.org|pypi\.org/simple|registry\.npmjs|deb\.debian\.org|--(?:extra-)?index-url"
    places = r"/(?:home|Users)/\w|/(?:root|work)/"
    found = re.compile(f"{hosts}|{places}")
    offending = {
        name_of(path)
        for path in tracked()
        if path != Path(__file__) and found.search(path.read_bytes().decode("utf-8", errors="ignore"))
    }
    assert not offending


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_record_is_short_and_complete(record: Path) -> None:
    lines = record.read_text().splitlines()
    assert len(lines) <= MAX_RECORD_LINES
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]


def test_decision_records_are_numbered_without_gaps() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target
