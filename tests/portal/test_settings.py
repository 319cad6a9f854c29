"""The settings are safe by default and read from the environment alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "DATA_DIR": str(settings.DATA_DIR)}
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, cwd=ROOT, env=base | environment, capture_output=True, text=True, check=False
    )


def value(name: str, **environment: str) -> Any:
    done = python(
        f"import json\nfrom portal import settings\nprint(json.dumps(settings.{name}))", **environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def without_a_file_of_ones_own() -> None:
    if (ROOT / ".env").exists():
        pytest.skip("this checkout has a .env of its own, whose values the settings would read")


def test_nothing_given_means_production() -> None:
    assert value("DEBUG") is False
    for name in (
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
    ):
        assert value(name) is True, name
    assert value("SECURE_HSTS_SECONDS") >= 31_536_000


def test_scripts_and_styles_come_from_the_portal_alone() -> None:
    policy = value("CONTENT_SECURITY_POLICY")["DIRECTIVES"]
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["font-src"] == policy["manifest-src"] == ["'self'"]
    assert policy["img-src"] == ["'self'", "data:"], (
        "no picture is asked for elsewhere, with what it would tell"
    )
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == policy["connect-src"] == ["'self'"], "nothing typed leaves for elsewhere"


def test_a_session_ends_with_the_browser() -> None:
    assert value("SESSION_EXPIRE_AT_BROWSER_CLOSE") is True


def test_links_in_mails_and_redirects_have_the_public_address() -> None:
    assert (
        value("PUBLIC_ADDRESS", PUBLIC_ADDRESS="https://carina.example.org/") == "https://carina.example.org"
    )
    assert value("SECURE_SSL_HOST", PUBLIC_ADDRESS="https://carina.example.org") == "carina.example.org"
    assert value("SECURE_SSL_HOST") is None


PROXY_IS_BELIEVED = """
import django, json
django.setup()
from django.test import Client, RequestFactory
from accounts.http import network_address
from diagnosis.api.throttling import BadTokenThrottle
from rest_framework.request import Request
request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={
    "X-Forwarded-For": "1.1.1.1, 2.2.2.2", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"})
print(json.dumps([request.is_secure(), request.get_host().partition(":")[0], network_address(request),
    BadTokenThrottle().get_ident(Request(request))]))
"""


@pytest.mark.parametrize(
    ("behind", "seen"),
    [
        ("false", [False, "testserver", "10.0.0.1", "10.0.0.1"]),
        ("true", [True, "testserver", "2.2.2.2", "2.2.2.2"]),  # what the one proxy itself wrote
    ],
)
def test_forwarded_headers_are_believed_from_the_one_proxy_alone(behind: str, seen: list[Any]) -> None:
    given = {"BEHIND_PROXY": behind, "SECRET_KEY": "x", "ALLOWED_HOSTS": "testserver"}
    done = python(PROXY_IS_BELIEVED, DJANGO_SETTINGS_MODULE="portal.settings", **given)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == seen


def test_without_a_secret_key_the_web_server_does_not_start() -> None:
    done = python("import portal.wsgi")
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr.splitlines()[-1]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("from a file")
    assert value("SECRET_KEY", SECRET_KEY_FILE=str(secret)) == "from a file"


def test_mysql_is_strict_and_speaks_every_script() -> None:
    pytest.importorskip("MySQLdb", reason="the MySQL driver is not installed")
    database = value("DATABASES['default']", DATABASE_URL="mysql://carina@db/carina", SECRET_KEY="x")
    assert database["OPTIONS"]["charset"] == "utf8mb4"
    assert "STRICT_TRANS_TABLES" in database["OPTIONS"]["init_command"]
    assert database["OPTIONS"]["isolation_level"] == "read committed", (
        "what waited for a row reads it as it is"
    )


def check(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": "a-long-secret-0123456789-abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "carina.example",
    }
    command = [sys.executable, "manage.py", "check", *options]
    return subprocess.run(
        command, cwd=ROOT, env=given | environment, capture_output=True, text=True, check=False
    )


def test_a_database_that_nobody_chose_is_a_warning_that_names_mysql() -> None:
    done = check()
    assert done.returncode == 0, "a warning, no error: the portal goes on"
    assert "diagnosis.W003" in done.stderr
    assert "mysql://" in done.stderr
    assert str(settings.DATA_DIR) in done.stderr, "it says where the records are now"
    assert check("--deploy", "--fail-level", "WARNING").returncode == 1


@pytest.mark.parametrize(
    "environment", [{"DATABASE_URL": "sqlite:///:memory:"}, {"DEBUG": "true"}], ids=["chosen", "development"]
)
def test_a_chosen_sqlite_and_development_are_left_in_peace(environment: dict[str, str]) -> None:
    done = check("--fail-level", "WARNING", **environment)
    assert done.returncode == 0, done.stderr


def test_sqlite_lets_readers_read_while_one_writes() -> None:
    assert "journal_mode=WAL" in value("DATABASES['default']")["OPTIONS"]["init_command"]


def test_the_film_as_it_is_answers_unless_a_clinic_asks_for_the_mean_of_its_views() -> None:
    assert value("AVERAGE_LOOKS") is False
    assert value("AVERAGE_LOOKS", AVERAGE_LOOKS="true") is True


def test_a_task_that_lost_its_worker_comes_back_and_only_after_it_cannot_run_any_more() -> None:
    assert value("CELERY_TASK_ACKS_LATE") is True
    assert value("CELERY_TASK_REJECT_ON_WORKER_LOST") is True
    assert value("CELERY_WORKER_PREFETCH_MULTIPLIER") == 1, (
        "no film waits behind one worker while others idle"
    )
    soft, hard = value("CELERY_TASK_SOFT_TIME_LIMIT"), value("CELERY_TASK_TIME_LIMIT")
    assert soft < hard < value("CELERY_BROKER_TRANSPORT_OPTIONS")["visibility_timeout"]


def test_what_any_program_of_the_portal_writes_is_closed_to_others(tmp_path: Path) -> None:
    database = tmp_path / "new" / "carina.sqlite3"
    done = python(
        "import django; django.setup()\n"
        "from django.core.mail import send_mail\n"
        "from django.db import connection\n"
        "connection.cursor().execute('CREATE TABLE t (a)')\n"
        "send_mail('a', 'b', None, ['c@d.example'])\n",
        DJANGO_SETTINGS_MODULE="portal.settings",
        SECRET_KEY="x",
        DATA_DIR=str(database.parent),
        EMAIL_URL="",
    )
    assert done.returncode == 0, done.stderr
    written = [database.parent, *database.parent.rglob("*")]
    assert {path.name for path in written} >= {"new", "mail", "carina.sqlite3"}
    assert [path for path in written if path.stat().st_mode & 0o007] == []
