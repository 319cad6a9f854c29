"""A line of the log is one line, short, and without what opens an account or tells what was searched for."""

import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import IntegrityError

from portal.logs import LONGEST_MESSAGE, Line, access, note_warning, safe

RESET = "/accounts/password/reset/key/1-d2x3yz-9f86d081884c7d659a2feaa0c55ad015/"
CONFIRM = "/accounts/confirm-email/MQ:1wZabc:Zq8y3JkQ0pC5mC4Y0V2nX7rT1sUe9dLb6aFhGiKoPw4/"


def written(message: str, *arguments: object, **more: object) -> str:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, message, arguments, None)
    record.__dict__.update(more)
    return Line().format(record)


BROKEN = "/x/" + RESET[31:]  # of a mail that was folded after the person's number
ADDRESSES = [RESET, CONFIRM, RESET.upper(), "/wrong" + RESET[28:], "/WRONG" + RESET[28:].upper(), BROKEN]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_key_is_not_written(address: str) -> None:
    line = written("Not Found: %s", address)
    assert "9f86d081884c7d659a2feaa0c55ad015" not in line.lower()
    assert "Zq8y3JkQ0pC5" not in line


def test_nor_is_a_query_or_a_token() -> None:
    line = written(
        "Forbidden (Referer checking failed - https://evil.example/a?q=Ada+Byron): /worklist/?q=Ada"
    )
    assert "Ada" not in line
    assert "/worklist/" in line
    assert "0123456789" not in written("the token carina_0123456789abcdef is unknown")


@pytest.mark.parametrize("control", ["\n", "\r", "\x1b[31m", "\x85", "\u2028", "\u202e", "\0"])
def test_nobody_writes_a_line_of_their_own(control: str) -> None:
    line = written("Not Found: %s", f"/x{control}2026-11-27 00:00:00,000 INFO accounts: FORGED")
    assert len(line.splitlines()) == 1
    assert control not in line
    assert "FORGED" in line, "what was tried stays visible"
    assert control not in str(access({"U": f"/x{control}", "m": f"GET{control}"}))


def test_a_message_is_cut() -> None:
    assert len(safe("x" * 100_000)) == LONGEST_MESSAGE


def test_a_traceback_is_bounded_keeps_its_end_and_cannot_be_taken_for_records() -> None:
    def deep(level: int) -> None:
        if level:
            deep(level - 1)
        else:
            raise ValueError("the fault\n2026-11-27 00:00:00,000 INFO accounts: FORGED")

    try:
        deep(300)
    except ValueError:
        line = written("it broke", exc_info=sys.exc_info())
    assert len(line) < 2000
    assert "ValueError: the fault" in line
    assert all(part.startswith("    ") for part in line.splitlines()[1:])


def test_what_a_client_did_wrong_needs_no_traceback() -> None:
    try:
        raise ValueError("bad header")
    except ValueError:
        assert "\n" not in written("Bad Request: %s", "/", exc_info=sys.exc_info(), status_code=400)


NUMBER = "P-17"


def refused(raises: Exception) -> str:
    try:
        try:
            raise KeyError(NUMBER)
        except KeyError as first:
            raise raises from first
    except Exception:
        return written("Task x raised unexpected: %r", raises, exc_info=sys.exc_info())


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError(1062, "Duplicate entry '1-P-17' for key 'patient_number_once'"),
        ValueError("could not convert string to float: 'P-17'"),
        ValueError("in two lines:\nP-17\n  P-17"),
        ValueError("“P-17” is no number"),
    ],
    ids=["database", "number", "lines", "curly"],
)
def test_what_an_error_quotes_is_not_written(error: Exception) -> None:
    line = refused(error)
    assert "P-17" not in line
    assert type(error).__name__ in line
    assert "test_logs.py" in line, "where it happened"
    assert "KeyError" in line, "what came before"


def test_a_warning_tells_its_kind_and_place_and_not_its_words(caplog: pytest.LogCaptureFixture) -> None:
    note_warning("Invalid value for VR DA: 'Byron'", UserWarning, "valuerep.py", 17)
    assert caplog.messages == ["UserWarning at valuerep.py:17"]


@pytest.mark.slow
def test_readers_of_dicom_write_nothing_of_a_header() -> None:
    """In a process of its own: pytest listens to warnings itself."""
    reading = (
        "import django, warnings, logging; django.setup();"
        "logging.getLogger('pydicom').warning('of Byron'); warnings.warn('of Byron');"
        "logging.getLogger('pynetdicom.dul').error('of Byron')"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "DEBUG": "false"}
    command = [sys.executable, "-c", reading]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "UserWarning" in done.stderr + done.stdout
    assert "Byron" not in done.stderr + done.stdout
