"""The process in the foreground: brings the stack up, watches it, takes it down."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from core.settings import StackSettings
from stack.console import Console
from stack.environment import process_environment, write_settings
from stack.errors import Interrupted
from stack.health import api_url, is_healthy
from stack.home import Home, load_secrets
from stack.install import Installer
from stack.leftovers import sweep
from stack.ports import require_free
from stack.programs import API, edutrack, our_programs
from stack.rabbitmq import RabbitMQ
from stack.server import Server
from stack.servers import ALL, POSTGRES, RABBITMQ, private_servers
from stack.starting import prepare_and_start, start, wait_until_ready
from stack.state import write_state
from stack.supervisor import Control, SupervisorGone, supervised
from stack.tasks import Tasks
from stack.waiting import Interrupt
from stack.watch import Watch

STOPPED_EARLY = 130
SLOW_SECONDS = 60


class Foreground:
    """One run of a stack whose home is locked by us."""

    def __init__(self, settings: StackSettings, home: Home, console: Console, interrupt: Interrupt) -> None:
        self._settings = settings
        self._home = home
        self._console = console
        self._interrupt = interrupt
        self._environment = process_environment(home)
        self._tasks = Tasks(home.logs, self._environment, interrupt)
        self._url = api_url(settings.host, settings.port)
        self._began = time.monotonic()
        self._was_ready = False

    def run(self) -> int:
        """Run until somebody asks to stop; return the exit code.

        Raises:
            StackError: it cannot run; nothing of it is left running.

        """
        self._console.say(f"EduTrack starts; its data and logs are in {self._home.root}")
        write_state(self._home, {})
        try:
            servers = self._servers()
            while True:
                self._serve(servers)
        except Interrupted:
            return 0 if self._was_ready else STOPPED_EARLY
        finally:
            sweep(self._home)
            self._home.state.unlink(missing_ok=True)
            self._console.say("EduTrack is stopped.")

    def _servers(self) -> list[Server]:
        """Clear the ground, and return the servers to start; where all are stands in the home."""
        if ended := sweep(self._home):
            self._console.say(f"  {ended} processes of an earlier run that was killed are ended")
        require_free(self._settings.host, self._settings.port)
        outside = self._outside()
        private = [name for name in ALL if name not in outside]
        if RABBITMQ in private:
            Installer(self._home.logs, self._console, self._interrupt).ensure(RABBITMQ)
        servers = private_servers(
            self._home,
            private,
            postgres_origin=self._settings.postgres_origin,
            redis_origin=self._settings.redis_origin,
        )
        broker = next((server for server in servers if isinstance(server, RabbitMQ)), None)
        self._publish(outside | {server.name: server.url for server in servers}, broker)
        return servers

    def _outside(self) -> dict[str, str]:
        """Return the servers that are not ours to start."""
        urls = zip(
            ALL,
            (self._settings.database_url, self._settings.amqp_url, self._settings.redis_url),
            strict=True,
        )
        return {name: url.get_secret_value() for name, url in urls if url is not None}

    def _publish(self, urls: Mapping[str, str], broker: RabbitMQ | None) -> None:
        settings = {
            "ENV": self._settings.env,
            "HOME": str(self._home.root),
            "HOST": self._settings.host,
            "PORT": str(self._settings.port),
            "DATABASE_URL": urls["postgres"],
            "AMQP_URL": urls["rabbitmq"],
            "REDIS_URL": urls["redis"],
        }
        if broker is not None:
            settings["RABBITMQ_METRICS_URLS"] = broker.metrics_url
        write_settings(self._home, settings, {"SECRET_KEY": load_secrets(self._home).secret_key})
        write_state(self._home, {API: self._url, **urls})

    def _serve(self, servers: Sequence[Server]) -> None:
        """Run everything once, until we are asked to stop or supervisord is killed under us."""
        ours = our_programs(self._settings)
        programs = [*(program for server in servers for program in server.programs()), *ours]
        watch = Watch(self._home, self._console)
        try:
            with supervised(self._home, programs, self._environment, self._stopping) as control:
                self._start_servers(control, servers)
                start(control, ours)
                self._wait_for_the_rest(control, servers, watch)
                self._greet()
                watch.run(control, self._interrupt)
        except SupervisorGone:
            self._console.say("The supervisor was killed; what it left is ended, and all starts again")
            sweep(self._home)
            self._began = time.monotonic()

    def _stopping(self) -> AbstractContextManager[None]:
        return self._console.step("Stopping")

    def _start_servers(self, control: Control, servers: Sequence[Server]) -> None:
        """Start all servers at once; by the end the database has its schema, and RabbitMQ may still boot."""
        with self._console.step("Preparing servers"):
            prepare_and_start(control, servers, self._tasks)
        self._wait_for(control, [server for server in servers if server.name == POSTGRES])
        with self._console.step("Migrating the database"):
            self._tasks.run(edutrack("db", "migrate"), name="migrate")
        if self._settings.demo and not self._home.demo_accounts.exists():
            with self._console.step("Loading demo data"):
                self._tasks.run(edutrack("seed", "--demo"), name="seed")

    def _wait_for(self, control: Control, servers: Sequence[Server]) -> None:
        if servers:
            with self._console.step(f"Starting {' and '.join(server.title for server in servers)}"):
                wait_until_ready(self._home, control, servers, self._interrupt)

    def _wait_for_the_rest(self, control: Control, servers: Sequence[Server], watch: Watch) -> None:
        """Wait for the other servers, then for the API, however long it takes: the screen says why."""
        self._wait_for(control, [server for server in servers if server.name != POSTGRES])

        def is_up() -> bool:
            watch.look(control)
            return is_healthy(self._settings.host, self._settings.port)

        with self._console.step("Starting the API and its workers"):
            while not self._interrupt.until(is_up, seconds=SLOW_SECONDS):
                self._console.say(f"  {self._url}/health is not well yet; logs are in {self._home.logs}")

    def _greet(self) -> None:
        self._was_ready = True
        self._console.say(f"\nEduTrack runs at {self._url} after {time.monotonic() - self._began:.1f} s.")
        if self._settings.demo and self._home.demo_accounts.exists():
            self._console.say(f"Demo accounts (also in {self._home.demo_accounts}):")
            for account in json.loads(self._home.demo_accounts.read_text()):
                self._console.say(f"  {account['role']:<8} {account['username']:<12} {account['password']}")
        self._console.say("Ctrl-C stops everything.\n")
