"""Packages of npm, for tests alone, each set in a folder of its own below `build`."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"


def install_packages(source: Path, target: Path) -> Path:
    """Install what a folder's lock file names, once, and return where it is."""
    with _alone(target):
        lock = (source / "package-lock.json").read_bytes()
        stamp = target / "installed"
        if not stamp.exists() or stamp.read_bytes() != lock:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(source / name, target / name)
            npm = shutil.which("npm")
            assert npm, "npm is missing: `make test` installs it"
            subprocess.run([npm, "ci", "--silent"], cwd=target, check=True)
            stamp.write_bytes(lock)
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other test processes out until this one is done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
