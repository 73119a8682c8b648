"""What is vendored is what the lock file names, unchanged."""

import hashlib
import json
import re
from pathlib import Path

WEB = Path(__file__).parents[3] / "web"
VENDOR = WEB / "static" / "vendor"


def test_every_vendored_file_is_as_it_was_fetched() -> None:
    listed = {}
    for line in (VENDOR / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        listed[VENDOR / name] = digest
    found = {path for path in VENDOR.rglob("*") if path.is_file() and path.name != "SHA256SUMS"}
    assert set(listed) == found
    for path, digest in listed.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path.name


def test_every_vendored_package_has_the_locked_version_and_its_licence() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())["packages"]
    wanted = {
        f"{path.removeprefix('node_modules/')}-{package['version']}" for path, package in lock.items() if path
    }
    assert {folder.name for folder in VENDOR.iterdir() if folder.is_dir()} == wanted
    assert all((VENDOR / name / "LICENSE").is_file() for name in wanted)
    assert all(package["integrity"].startswith("sha512-") for path, package in lock.items() if path)


def test_pages_load_only_what_there_is() -> None:
    asked = {
        name for path in WEB.rglob("*.html") for name in re.findall(r"static\('([^']+)'\)", path.read_text())
    }
    assert asked
    assert {name for name in asked if not (WEB / "static" / name).is_file()} == set()


def test_no_template_and_no_script_of_ours_names_another_origin() -> None:
    sources = [*WEB.rglob("*.html"), *(WEB / "static" / "css").glob("*"), *(WEB / "static" / "js").glob("*")]
    loading = re.compile(
        r"""(?:src\W{1,3}|<link[^>]*href=.|url\(.?|import\W+|fetch\(.)"""
        r"""(?:https?:)?//(?!www\.youtube-nocookie\.com)"""
    )
    assert {path.name for path in sources if loading.search(path.read_text())} == set()
