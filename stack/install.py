"""Packages of the system: RabbitMQ, which no wheel brings, and what only tests and benchmarks use.

`python -m stack.install rabbitmq chromium node wrk` installs what of these is missing.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import EduTrackError
from core.settings import HomeSettings
from stack import redis
from stack.console import Console
from stack.errors import Interrupted, StackError
from stack.rabbitmq import find_script
from stack.tasks import TaskFailed, Tasks
from stack.waiting import Interrupt, stop_signals

LOCK_SECONDS = 120
LOCK_RETRY_SECONDS = 5


@dataclass(frozen=True)
class Need:
    """Something of the system's that we use: how to see it, and which package brings it where."""

    title: str
    is_present: Callable[[], bool]
    packages: Mapping[str, str]
    units: tuple[str, ...] = ()
    """System services that its packages bring and would enable."""


NEEDS = {
    "rabbitmq": Need(
        "RabbitMQ",
        lambda: find_script() is not None,
        {
            "apt-get": "rabbitmq-server",
            "brew": "rabbitmq",
            "dnf": "rabbitmq-server",
            "zypper": "rabbitmq-server",
            "pacman": "rabbitmq",
            "apk": "rabbitmq-server",
        },
        ("rabbitmq-server.service", "epmd.service", "epmd.socket"),
    ),
    "redis": Need(
        "Redis",
        lambda: bool(redis.system_binaries()),
        {
            "apt-get": "redis-server",
            "brew": "redis",
            "dnf": "valkey",
            "zypper": "valkey",
            "pacman": "valkey",
            "apk": "valkey",
        },
        ("redis-server.service",),
    ),
    "chromium": Need(
        "Chromium",
        lambda: any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
        dict.fromkeys(("apt-get", "brew", "dnf", "zypper", "pacman", "apk"), "chromium"),
    ),
    "wrk": Need(
        "wrk",
        lambda: shutil.which("wrk") is not None,
        dict.fromkeys(("apt-get", "brew", "dnf", "zypper", "pacman", "apk"), "wrk"),
    ),
    "node": Need(
        "Node.js with npm",
        lambda: all(map(shutil.which, ("node", "npm"))),
        {
            "apt-get": "npm",
            "brew": "node",
            "dnf": "npm",
            "zypper": "npm-default",
            "pacman": "npm",
            "apk": "npm",
        },
    ),
}

# What a person types where we do not install ourselves.
_BY_HAND = {
    "apt-get": "sudo apt-get install",
    "brew": "brew install",
    "dnf": "sudo dnf install",
    "zypper": "sudo zypper install",
    "pacman": "sudo pacman -S",
    "apk": "sudo apk add",
}

POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_MARK = "written by edutrack while it installs packages, and removed afterwards"

# Runs a command that installs packages, so that it starts no service, then disables the units named
# before it. A policy of the machine's own stays; one of ours that a killed run left is taken over.
_QUIETLY = f"""
set -eu
policy=$1 units=$2
shift 2
if [ -e "$policy" ] && grep -qs '{POLICY_MARK}' "$policy"; then rm -f "$policy"; fi
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 143' HUP INT TERM
    printf '#!/bin/sh\\n# {POLICY_MARK}\\nexit 101\\n' > "$policy"
    chmod 755 "$policy"
fi
"$@"
for unit in $units; do
    if command -v systemctl > /dev/null; then
        systemctl --no-reload --quiet disable "$unit" || true
    else
        deb-systemd-helper disable "$unit" || true
        if [ -x "/etc/init.d/${{unit%.service}}" ]; then update-rc.d "${{unit%.service}}" disable || true; fi
    fi
done
"""

_APT_ENVIRONMENT = (
    "DEBIAN_FRONTEND=noninteractive",
    "APT_LISTCHANGES_FRONTEND=none",
    "NEEDRESTART_SUSPEND=1",
)
_APT_INSTALL = (
    "apt-get",
    "install",
    "--yes",
    "--quiet",
    "--no-install-recommends",
    "-o",
    f"DPkg::Lock::Timeout={LOCK_SECONDS}",
)
_UNIT_FOLDERS = ("/lib/systemd/system", "/usr/lib/systemd/system", "/etc/systemd/system")


@dataclass(frozen=True)
class Installer:
    """Installs what is missing with the system's package manager, its output in a log."""

    logs: Path
    console: Console
    interrupt: Interrupt
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    policy: Path = POLICY

    def ensure(self, *names: str) -> None:
        """Install what of these is missing; harmless when nothing is.

        Raises:
            StackError: it cannot be installed here; the message names the ways out.
            Interrupted: somebody asked to stop; no package is left half-installed.

        """
        missing = [NEEDS[name] for name in names if not NEEDS[name].is_present()]
        if not missing:
            return
        manager = next((program for program in _BY_HAND if shutil.which(program)), None)
        try:
            if manager == "apt-get":
                self._apt(missing)
            elif manager == "brew":
                self._brew(missing)
        except TaskFailed as failure:
            raise StackError(f"{failure.detail}\n{_ways_out(missing, manager)}") from None
        if any(not need.is_present() for need in missing):
            raise StackError(_ways_out(missing, manager))

    def _apt(self, needs: Sequence[Need]) -> None:
        rights = _root_rights()
        if rights is None:
            return
        apt = (*rights, "env", *_APT_ENVIRONMENT)
        packages = [need.packages["apt-get"] for need in needs]
        units = " ".join(unit for need in needs for unit in need.units if not _is_known(unit))
        with self.console.step(f"Installing {' and '.join(packages)}"):
            self._download((*apt, *_APT_INSTALL, "--download-only", *packages), (*apt, "apt-get", "update"))
            install = (*_APT_INSTALL, *packages)
            quietly = (*apt, "sh", "-c", _QUIETLY, "sh", str(self.policy), units, *install)
            self._run(quietly, interruptible=False)

    def _download(self, download: Sequence[str], update: Sequence[str]) -> None:
        """Fetch the packages; the package lists are renewed only if it does not work with those at hand."""
        try:
            self._run(download)
        except TaskFailed:
            self._update(update)
            self._run(download)

    def _update(self, update: Sequence[str]) -> None:
        """Renew the package lists, after whoever else is at it; apt does not wait for that lock itself."""
        for _ in range(LOCK_SECONDS // LOCK_RETRY_SECONDS):
            try:
                return self._run(update)
            except TaskFailed as failure:
                if "Could not get lock" not in failure.detail:
                    raise
            self.interrupt.sleep(LOCK_RETRY_SECONDS)
        return self._run(update)

    def _brew(self, needs: Sequence[Need]) -> None:
        packages = [need.packages["brew"] for need in needs]
        with self.console.step(f"Installing {' and '.join(packages)}"):
            self._run(("brew", "install", *packages))

    def _run(self, command: Sequence[str], *, interruptible: bool = True) -> None:
        tasks = Tasks(self.logs, self.environment, self.interrupt)
        tasks.run(command, name="packages", interruptible=interruptible)


def _root_rights() -> tuple[str, ...] | None:
    """Return what to put before a command that needs root; None when we cannot become root."""
    if os.geteuid() == 0:
        return ()
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    without_password = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)  # noqa: S603
    if without_password.returncode == 0:
        return (sudo, "-n")
    if not sys.stdin.isatty():
        return None
    asked = subprocess.run([sudo, "-v", "-p", "Password to install packages: "], check=False)  # noqa: S603
    return (sudo, "-n") if asked.returncode == 0 else None


def _is_known(unit: str) -> bool:
    return any((Path(folder) / unit).exists() for folder in _UNIT_FOLDERS)


def _ways_out(needs: Sequence[Need], manager: str | None) -> str:
    titles = " and ".join(need.title for need in needs)
    if manager is None:
        by_hand = f"Install {titles} with this system's package manager"
    else:
        packages = " ".join(need.packages[manager] for need in needs)
        by_hand = f"Install with `{_BY_HAND[manager]} {packages}`"
    return (
        f"{titles} is missing and could not be installed from here. {by_hand} and try again, "
        "or run everything in containers: `docker compose up`."
    )


def main(names: Sequence[str]) -> int:
    """Install what of `names` is missing."""
    unknown = [name for name in names if name not in NEEDS]
    if unknown:
        raise SystemExit(f"usage: python -m stack.install [{'] ['.join(NEEDS)}]")
    logs = HomeSettings().home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with stop_signals() as interrupt:
        try:
            Installer(logs, Console(), interrupt).ensure(*names)
        except Interrupted:
            return 130
        except EduTrackError as error:
            sys.stderr.write(f"{error.detail}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
