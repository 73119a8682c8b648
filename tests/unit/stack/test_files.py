from pathlib import Path

import pytest

from stack.account import Account
from stack.errors import StackError
from stack.files import private_folder, read_json, write_private


def test_only_its_owner_reads_a_private_file_also_when_it_replaces_a_public_one(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)

    write_private(path, "new")

    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_a_file_that_was_never_finished_reads_as_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)

    assert read_json(tmp_path / "x.json") == {}
    assert read_json(tmp_path / "missing.json") == {}


def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    somebody = Account("somebody", 54321, 54321)

    with pytest.raises(StackError, match="last started by somebody else"):
        private_folder(tmp_path, somebody)
