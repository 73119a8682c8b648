"""docker-compose.yml, Dockerfile and Caddyfile against what exists here; no engine is needed."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.gateway.app import ALONE
from cli.api import Service
from core.settings import Settings
from tests.commands import options_of, resolve

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in CONTAINERS.items() if each["image"] == "edutrack"}
ONCE = {"secret-key", "migrate", "seed"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text()

KEYS = {
    "image", "build", "command", "entrypoint", "environment", "volumes", "ports", "restart", "healthcheck",
    "depends_on", "profiles", "hostname", "stop_grace_period", "shm_size",
}  # fmt: skip
"""Those of the Compose specification that we use; anything else is a slip of the pen."""


def environment(**given: str) -> dict[str, str]:
    """Return what our containers are started with, variables replaced as Compose does."""

    def replaced(text: object) -> str:
        return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: given.get(found[1]) or found[2], str(text))

    passed: dict[str, Any] = OURS["gateway"]["environment"]
    names = {name: given.get(name) if value is None else replaced(value) for name, value in passed.items()}
    return {name: value for name, value in names.items() if value is not None}


def command_of(container: dict[str, Any]) -> list[str]:
    return [str(word) for word in container.get("command", [])]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_uses_only_keys_of_the_specification(name: str) -> None:
    assert set(CONTAINERS[name]) <= KEYS
    assert set(COMPOSE) - {key for key in COMPOSE if key.startswith("x-")} == {
        "name",
        "services",
        "networks",
        "volumes",
    }


def test_everything_runs_that_the_design_asks_for() -> None:
    by_default = {name for name, each in CONTAINERS.items() if "profiles" not in each}
    servers = {"postgres", "rabbitmq", "redis"}
    assert by_default == servers | ONCE | {"gateway", "progress", "imports", "scheduler"}


def test_each_service_runs_alone_in_the_profile() -> None:
    alone = [command_of(each) for each in OURS.values() if each.get("profiles") == ["services"]]
    assert sorted(alone) == [["api", "--service", name] for name in sorted(service.name for service in ALONE)]


@pytest.mark.parametrize("name", [name for name in OURS if name != "secret-key"])
def test_every_command_exists(name: str) -> None:
    command, options = resolve(command_of(OURS[name]))
    assert not hasattr(command, "commands"), f"{command_of(OURS[name])} is no command"
    assert {option for option in options if option.startswith("--")} <= options_of(command)


def test_every_named_service_is_one() -> None:
    for each in OURS.values():
        words = command_of(each)
        if "--service" in words:
            assert words[words.index("--service") + 1] in set(Service)


def test_every_setting_that_is_passed_exists_and_makes_sense() -> None:
    passed = environment(EDUTRACK_SECRET_KEY="x" * 32, EDUTRACK_ENV="production")
    known = {f"EDUTRACK_{name.upper()}" for name in Settings.model_fields}
    assert set(passed) <= known
    settings = Settings(**{name.removeprefix("EDUTRACK_").lower(): value for name, value in passed.items()})  # type: ignore[arg-type]
    assert settings.env == "production"
    assert settings.cors_origins == settings.previous_secret_keys == []


def test_every_setting_but_addresses_of_containers_can_be_changed_from_outside() -> None:
    servers = {"DATABASE_URL", "AMQP_URL", "REDIS_URL", "RABBITMQ_METRICS_URLS"}
    fixed = servers | {"METRICS_HOST", "METRICS_PORT", "TRUSTED_PROXIES"}
    inside = {"HOME", "HOST", "PORT"}
    passed: dict[str, Any] = OURS["gateway"]["environment"]
    changeable = {
        name for name, value in passed.items() if value is None or str(value).startswith(f"${{{name}")
    }
    assert changeable == {
        f"EDUTRACK_{name.upper()}" for name in Settings.model_fields if name.upper() not in fixed | inside
    }


def test_what_can_be_set_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    for name in re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()):
        assert f"# {name}=" in example


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name not in {*ONCE, "proxy"}])
def test_every_process_has_a_health_check_and_is_kept_up(name: str) -> None:
    assert CONTAINERS[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert CONTAINERS[name]["restart"] == "unless-stopped"


def test_our_health_checks_exist() -> None:
    checks = {tuple(each["healthcheck"]["test"]) for each in OURS.values() if "healthcheck" in each}
    script = (ROOT / "deploy" / "healthcheck").read_text()
    for check in checks:
        assert check[:2] == ("CMD", "healthcheck")
        assert f"def {check[2]}(" in script


def test_nothing_waits_for_what_is_not_there() -> None:
    for name, each in CONTAINERS.items():
        for needed, how in each.get("depends_on", {}).items():
            assert needed in CONTAINERS, name
            once = needed in ONCE
            assert how["condition"] == ("service_completed_successfully" if once else "service_healthy")
            assert once or "healthcheck" in CONTAINERS[needed]


def test_only_this_machine_reaches_what_is_published() -> None:
    published = [port for each in CONTAINERS.values() for port in each.get("ports", ())]
    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_named_volumes_are_declared() -> None:
    named = {volume.split(":")[0] for each in CONTAINERS.values() for volume in each.get("volumes", ())}
    assert {name for name in named if not name.startswith(".")} == set(COMPOSE["volumes"])


def test_servers_are_as_new_as_promised() -> None:
    assert int(CONTAINERS["postgres"]["image"].split(":")[1]) >= 17
    assert CONTAINERS["rabbitmq"]["image"] == "rabbitmq:4-management"


def test_the_proxy_knows_every_service_and_where_it_is() -> None:
    targets = dict(re.findall(r"handle (/\w+)\S* \{\s+reverse_proxy (\S+):8000", CADDYFILE))
    assert set(targets.values()) == set(CONTAINERS["proxy"]["depends_on"])
    for service in ALONE:
        assert command_of(CONTAINERS[targets[f"/{service.name}"]])[-1] == service.name


def test_the_image_runs_as_nobody_in_particular() -> None:
    user = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert user == ["10001:10001"]
    assert DOCKERFILE.index("USER 10001") < DOCKERFILE.index("ENTRYPOINT")


def test_the_image_installs_what_is_locked_and_nothing_else() -> None:
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert installs == ["--require-hashes -r /tmp/requirements.lock"]


def test_the_image_holds_every_package_and_the_build_context_lets_it_in() -> None:
    copied = {words.split()[0] for words in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE)}
    scripts = set(re.findall(r"deploy/[\w-]+", DOCKERFILE))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages <= copied
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert copied | scripts == let_in
    assert all((ROOT / path).exists() for path in let_in)


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    script, env = ROOT / "deploy" / "secret-key", {"EDUTRACK_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run([script], env=env, check=True)
    file = tmp_path / "stack.env"
    made = file.read_text()
    subprocess.run([script], env=env, check=True)
    assert file.read_text() == made
    assert file.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"EDUTRACK_SECRET_KEY='[0-9a-f]{64}'\n", made)


def test_the_settings_find_the_secret_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(
        [ROOT / "deploy" / "secret-key"],
        env={"EDUTRACK_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        check=True,
    )
    settings = Settings(_env_file=tmp_path / "stack.env", env="production", **URLS)  # type: ignore[arg-type]
    assert len(settings.secret_key.get_secret_value()) == 64


URLS = {
    "database_url": "postgresql://nowhere/x",
    "amqp_url": "amqp://nowhere",
    "redis_url": "redis://nowhere",
}
