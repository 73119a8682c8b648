import shutil
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.home import Home, discard_data, find_home, is_locked, load_secrets, locked, open_home
from stack.supervisor import socket_folder


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_secrets_are_made_once_and_only_their_owner_reads_them(home: Home) -> None:
    made = load_secrets(home)

    assert load_secrets(home) == made
    assert len({made.postgres, made.rabbitmq, made.cookie, made.redis, made.secret_key}) == 5
    assert mode(home.secrets_file) == 0o600


def test_only_its_owner_enters_a_home(home: Home) -> None:
    assert [mode(folder) for folder in (home.root, home.logs, home.run)] == [0o700] * 3


def test_a_second_stack_in_a_home_is_refused_and_told_what_to_do(home: Home) -> None:
    with locked(home):
        assert is_locked(home)
        message = r"already runs.*edutrack down.*EDUTRACK_HOME and EDUTRACK_PORT"
        with pytest.raises(StackError, match=message), locked(home):
            pass

    assert not is_locked(home)


def test_a_home_that_was_never_used_is_not_locked(tmp_path: Path) -> None:
    assert not is_locked(find_home(tmp_path / "nothing"))


def test_a_full_disk_is_named_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)

    with pytest.raises(StackError, match=r"is full: 0 MB are free, 400 MB are needed"):
        open_home(tmp_path / "home", None)


@pytest.mark.parametrize("name", ["it's", "a;b", "50%", "a$b", "line\nbreak"])
def test_a_path_that_a_configuration_file_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StackError, match="cannot be in its path"):
        open_home(tmp_path / name, None)


def test_a_path_with_spaces_and_umlauts_is_fine(tmp_path: Path) -> None:
    assert open_home(tmp_path / "Über uns", None).data.is_dir()


def test_a_home_with_a_long_path_has_its_socket_elsewhere_in_a_folder_of_its_own(tmp_path: Path) -> None:
    home = open_home(tmp_path / ("x" * 90), None)

    with socket_folder(home):
        assert len(str(home.control_socket)) < 90
        assert mode(home.control_socket.parent) == 0o700

    assert not home.control_socket.parent.exists()


def test_data_that_lies_elsewhere_is_found_again_and_discarded(home: Home, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (home.root / "data-folder").write_text(f"{elsewhere}\n")

    found = find_home(home.root)
    discard_data(found)

    assert found.data == elsewhere
    assert not elsewhere.exists()
    assert find_home(home.root).data == home.root / "data"
