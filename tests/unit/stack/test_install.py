"""The installer against package managers that write down how they were called."""

import io
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack import install
from stack.console import Console
from stack.errors import Interrupted, StackError
from stack.install import POLICY_MARK, Installer, Need
from stack.waiting import Interrupt

APT = """#!/bin/sh
echo "$@" >> {calls}
[ -e {policy} ] && cp {policy} {seen}
case "$*" in
*update*) [ -e {unreachable} ] && exit 100; touch {lists}; exit 0 ;;
*--download-only*) [ -e {lists} ] || {{ echo "E: Unable to locate package"; exit 100; }}; exit 0 ;;
esac
[ -e {slow} ] && {{ touch {begun}; sleep 0.5; }}
touch {installed}
"""
SYSTEMCTL = """#!/bin/sh
echo "systemctl $@" >> {calls}
"""


@dataclass(frozen=True)
class Machine:
    """A machine whose PATH holds our package manager first."""

    folder: Path
    installer: Installer

    def path(self, name: str) -> Path:
        return self.folder / name

    @property
    def calls(self) -> list[str]:
        return self.path("calls").read_text().splitlines() if self.path("calls").exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    names = ("calls", "policy", "seen", "unreachable", "lists", "slow", "begun", "installed")
    paths = {name: str(tmp_path / name) for name in names}
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("apt-get", APT), ("systemctl", SYSTEMCTL)):
        (programs / name).write_text(text.format(**paths))
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    packages = {"apt-get": "thing-server", "brew": "thing", "dnf": "thing-server"}
    need = Need("Thing", (tmp_path / "installed").exists, packages, ("thing.service",))
    monkeypatch.setitem(install.NEEDS, "thing", need)
    installer = Installer(tmp_path, Console(io.StringIO()), Interrupt(), policy=tmp_path / "policy")
    return Machine(tmp_path, installer)


def test_what_is_there_is_not_installed_again(machine: Machine) -> None:
    machine.path("installed").touch()

    machine.installer.ensure("thing")

    assert machine.calls == []


def test_package_lists_are_renewed_only_where_they_do_not_serve(machine: Machine) -> None:
    machine.path("lists").touch()

    machine.installer.ensure("thing")

    assert not [call for call in machine.calls if "update" in call]


def test_a_machine_without_package_lists_gets_them_first(machine: Machine) -> None:
    machine.installer.ensure("thing")

    kinds = ["update" if "update" in call else call.split()[0] for call in machine.calls]
    assert kinds == ["install", "update", "install", "install", "systemctl"]


def test_no_service_is_started_or_enabled_and_no_policy_stays(machine: Machine) -> None:
    machine.installer.ensure("thing")

    assert "exit 101" in machine.path("seen").read_text()
    assert not machine.path("policy").exists()
    assert machine.calls[-1] == "systemctl --no-reload --quiet disable thing.service"


def test_a_policy_of_the_machine_itself_stays_as_it_is(machine: Machine) -> None:
    machine.path("policy").write_text("#!/bin/sh\nexit 104\n")

    machine.installer.ensure("thing")

    assert machine.path("policy").read_text() == "#!/bin/sh\nexit 104\n"


def test_a_policy_that_a_killed_run_left_is_removed(machine: Machine) -> None:
    machine.path("policy").write_text(f"#!/bin/sh\n# {POLICY_MARK}\nexit 101\n")

    machine.installer.ensure("thing")

    assert not machine.path("policy").exists()


def test_an_interrupt_lets_the_package_manager_finish_and_removes_the_policy(machine: Machine) -> None:
    for name in ("lists", "slow"):
        machine.path(name).touch()

    def interrupt() -> None:
        while not machine.path("begun").exists():
            time.sleep(0.02)
        machine.installer.interrupt.wanted = True

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(Interrupted):
        machine.installer.ensure("thing")

    assert machine.path("installed").exists()
    assert not machine.path("policy").exists()


def test_a_failure_is_shown_with_both_ways_out(machine: Machine) -> None:
    machine.path("unreachable").touch()

    with pytest.raises(StackError) as refused:
        machine.installer.ensure("thing")

    assert "Unable to locate package" in refused.value.detail
    assert "`sudo apt-get install thing-server`" in refused.value.detail
    assert "`docker compose up`" in refused.value.detail


def test_without_root_and_sudo_the_message_names_both_ways_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(machine.path("bin")))

    with pytest.raises(StackError) as refused:
        machine.installer.ensure("thing")

    assert machine.calls == []
    assert "`sudo apt-get install thing-server`" in refused.value.detail
    assert "`docker compose up`" in refused.value.detail


def test_another_package_manager_is_named_and_left_alone(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = machine.path("bin")
    (programs / "apt-get").rename(programs / "dnf")
    monkeypatch.setenv("PATH", str(programs))

    with pytest.raises(StackError, match="`sudo dnf install thing-server`"):
        machine.installer.ensure("thing")

    assert machine.calls == []


def test_a_machine_without_a_package_manager_still_has_a_way_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(machine.path("nowhere")))

    with pytest.raises(StackError, match=r"with this system's package manager.*`docker compose up`"):
        machine.installer.ensure("thing")
