"""What supervisor keeps running, as data, and the configuration it reads."""

import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import groupby
from pathlib import Path

from stack.home import Home


class Group(IntEnum):
    """Stopped from the highest number down, each group at once and whole before the next one."""

    NAMES = 10
    SERVERS = 20
    WORKERS = 30
    GATEWAY = 40


@dataclass(frozen=True)
class Program:
    """One program under supervision; it stays in the foreground and writes its log to its output."""

    name: str
    group: Group
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    as_server_user: bool = False
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    processes: int = 1
    socket: str | None = None
    """`host:port` that supervisor binds and hands to every process as descriptor 0."""


@dataclass(frozen=True)
class Restarts:
    """How supervisor retries: 1 s, 2 s, 3 s, … after each early death, then `FATAL` (see `stack.watch`)."""

    alive_seconds: int = 1
    attempts: int = 5
    log_bytes: str = "10MB"
    log_files: int = 3


RESTARTS = Restarts()


def configuration(home: Home, programs: Iterable[Program]) -> str:
    """Return supervisord's configuration: nothing starts by itself, whatever started is kept up."""
    ordered = sorted(programs, key=lambda program: program.group)
    sections = [_supervisord(home), *(_program(home, program) for program in ordered)]
    for group, members in groupby(ordered, key=lambda program: program.group):
        names = [member.name for member in members if member.socket is None]
        if names:
            settings = {"programs": ",".join(names), "priority": str(int(group))}
            sections.append(_section(f"group:{group.name.lower()}", settings))
    return "\n".join(sections)


def _supervisord(home: Home) -> str:
    daemon = {
        "nodaemon": "true",
        "silent": "true",
        "umask": "077",
        "logfile": str(home.logs / "supervisor.log"),
        "logfile_maxbytes": RESTARTS.log_bytes,
        "logfile_backups": str(RESTARTS.log_files),
        "pidfile": str(home.run / "supervisor.pid"),
        "childlogdir": str(home.logs),
        "identifier": "edutrack",
    }
    if os.geteuid() == 0:
        daemon["user"] = "root"
    factory = {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"}
    return "\n".join(
        (
            _section("supervisord", daemon),
            _section("unix_http_server", {"file": str(home.control_socket), "chmod": "0700"}),
            _section("rpcinterface:supervisor", factory),
        )
    )


def _program(home: Home, program: Program) -> str:
    many = program.processes > 1
    settings = {
        "command": shlex.join(program.command).replace("%", "%%"),
        "process_name": "%(program_name)s" + ("-%(process_num)d" if many else ""),
        "numprocs": str(program.processes),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": str(RESTARTS.alive_seconds),
        "startretries": str(RESTARTS.attempts),
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": str(home.logs / f"{program.name}.log"),
        "stdout_logfile_maxbytes": RESTARTS.log_bytes,
        "stdout_logfile_backups": str(RESTARTS.log_files),
    }
    if program.environment:
        pairs = sorted(program.environment.items())
        settings["environment"] = ",".join(f'{key}="{value}"' for key, value in pairs).replace("%", "%%")
    if program.directory is not None:
        settings["directory"] = str(program.directory)
    if program.as_server_user and home.account is not None:
        settings["user"] = home.account.name
    if program.socket is None:
        return _section(f"program:{program.name}", settings)
    settings |= {"socket": f"tcp://{program.socket}", "priority": str(int(program.group))}
    return _section(f"fcgi-program:{program.name}", settings)


def _section(name: str, settings: Mapping[str, str]) -> str:
    return "\n".join((f"[{name}]", *(f"{key}={value}" for key, value in settings.items()), ""))
