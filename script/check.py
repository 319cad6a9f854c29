"""Runs linters, type checks, import contracts and the whole test suite on every available database."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import broker
from commands import BUILD, ROOT, Command, ends_with_a_sentence, say
from install import VENV, VENV_PYTHON

# Each checkout has its own test database, so that two runs on one server do not drop each other's.
CHECKOUT = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
MYSQL_URL = os.environ.get("TEST_MYSQL_URL") or f"mysql://root@127.0.0.1:3306/carina_{CHECKOUT}"
SQLITE = {
    "DATABASE_URL": f"sqlite:///{BUILD / 'unused.sqlite3'}",  # the tests use one in a folder of their own
    "CARINA_FUZZ_INPUTS": os.environ.get("CARINA_FUZZ_INPUTS", "1000"),  # broken films, in a minute or so
}
PROCESSES = ["-n", str(min(4, os.cpu_count() or 1))]  # each with a test database of its own
PRODUCTION = {
    "DEBUG": "false",
    "HTTPS": "true",
    "ALLOWED_HOSTS": "carina.example",
    "DATABASE_URL": "sqlite:///:memory:",
    "SECRET_KEY": secrets.token_urlsafe(50),
}


@dataclass
class Report:
    """The results of the run."""

    failures: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)


def main() -> int:
    report = Report()
    arguments = sys.argv[1:]
    if not arguments:
        _checks(report)
    with _broker():
        _tests(report, "SQLite", SQLITE, arguments or PROCESSES)
        if not arguments:
            _tests_on_mysql(report)
    return _conclude(report)


@contextlib.contextmanager
def _broker() -> Iterator[None]:
    """A broker for the tests only, unless REDIS_URL names one: no other program's queue is touched."""
    if os.environ.get("REDIS_URL"):
        yield
        return
    embedded = broker.prepare(BUILD / "test-broker")
    process = embedded.start()
    os.environ["REDIS_URL"] = embedded.url
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _tests_on_mysql(report: Report) -> None:
    if reason := _no_mysql():
        report.skipped.append(f"every test on MySQL: {reason}")
        return
    # Browser and kill tests take minutes and do not depend on the database; nor does what asks for none.
    selection = ["-m", "not e2e and not slow", "--only-database"]
    _tests(report, "MySQL", {"DATABASE_URL": MYSQL_URL}, [*PROCESSES, *selection])


def _conclude(report: Report) -> int:
    say("")
    for skip in report.skipped:
        say(f"skipped: {skip}")
    if report.skipped and os.environ.get("CARINA_FORBID_SKIPS") == "1":
        report.failures.append(f"{len(report.skipped)} skipped, and CARINA_FORBID_SKIPS allows none")
    for failure in report.failures:
        say(f"FAILED: {failure}")
    for summary in report.summaries:
        say(summary)
    return 1 if report.failures else 0


# ---------------------------------------------------------------------------------------------- checks


def _checks(report: Report) -> None:
    started = time.monotonic()
    ruff = VENV / "bin" / "ruff"
    manage = [str(VENV_PYTHON), "manage.py"]
    checks: list[tuple[str, Command, dict[str, str]]] = [
        ("mypy", [VENV_PYTHON, "-m", "mypy"], {}),
        ("ruff check", [ruff, "check", "--output-format=concise", "."], {}),
        ("ruff format", [ruff, "format", "--check", "--output-format=concise", "."], {}),
        ("templates", [VENV / "bin" / "djlint", "--lint", "--quiet", "templates"], {}),
        ("scripts of the pages", [_biome(), "check", "--error-on-warnings", "--colors=off"], {}),
        ("import contracts", [VENV_PYTHON, "-c", LINT_IMPORTS], {}),
        ("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"], PRODUCTION),
        ("system checks", [*manage, "check"], PRODUCTION),
        ("known weaknesses", [VENV_PYTHON, "script/audit.py"], {}),  # says itself where nobody can be asked
        ("deployment checks", [*manage, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        for line, failure in pool.map(lambda check: _check(*check), checks):
            say(line)
            if failure:
                report.failures.append(failure)
    report.summaries.append(f"checks: {len(checks)} in {time.monotonic() - started:.0f} s")


def _biome() -> Path:
    """The path of Biome's binary for this machine; npm's launcher would need Node.js in PATH."""
    packages = ROOT / "node_modules" / "@biomejs"
    return next(packages.glob("cli-*/biome"), packages / "biome")


LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"


def _check(name: str, command: Command, extra: dict[str, str]) -> tuple[str, str | None]:
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = f"{time.monotonic() - started:.1f} s"
    if done.returncode == 0:
        unasked = [line for line in done.stdout.splitlines() if ": not asked" in line]
        return "\n".join([*unasked, f"{name}: {'not all asked' if unasked else 'ok'} ({seconds})"]), None
    return f"{done.stdout}\n{name}: FAILED ({seconds})", name


# ----------------------------------------------------------------------------------------------- tests


def _tests(report: Report, database: str, extra: dict[str, str], arguments: Sequence[str]) -> None:
    say(f"\nTests on {database}")
    results = BUILD / f"tests-{database.lower()}.xml"
    results.unlink(missing_ok=True)
    command = [str(VENV_PYTHON), "-m", "pytest", "-q", f"--junitxml={results}", "--durations=10", *arguments]
    last = left_out = ""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            say(line.rstrip("\n"))
            last = line.strip() or last
            if line.startswith("left out: "):  # as tests/sharing.py counts them
                left_out = f"; {line.strip()}"
    report.summaries.append(f"{database}: {last}{left_out}")
    if process.returncode:
        report.failures.append(f"tests on {database}")
    report.skipped += [f"{skip} (on {database})" for skip in _skips(results)]


def _skips(results: Path) -> Iterator[str]:
    """The tests that did not run and why, from pytest's result file."""
    if not results.exists():
        return
    for case in ElementTree.parse(results).iter("testcase"):  # noqa: S314 - our own file
        for skip in case.findall("skipped"):
            yield f"{case.get('classname')}.{case.get('name')}: {skip.get('message')}"


def _no_mysql() -> str | None:
    """Why the tests cannot run on MySQL or MariaDB here; None when they can."""
    try:
        import MySQLdb
    except ImportError:
        return "the driver mysqlclient is not installed (script/setup says what it needs)"
    url = urlsplit(MYSQL_URL)
    try:
        MySQLdb.connect(
            host=url.hostname or "127.0.0.1",
            port=url.port or 3306,
            user=unquote(url.username or ""),
            passwd=unquote(url.password or ""),
            connect_timeout=3,
        ).close()
    except MySQLdb.Error as error:
        return f"no server answers at {url.hostname}:{url.port or 3306} (TEST_MYSQL_URL): {error.args[-1]}"
    return None


if __name__ == "__main__":
    sys.exit(ends_with_a_sentence(main))
