"""Whatever is sent, the answer is in words and the log stays short: three hundred broken requests."""

import io
import itertools
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from accounts import tokens
from portal.logs import Line
from portal.wsgi import application
from tests.conftest import Cast

MOST_LOGGED = 2000
CHARSETS = [
    "utf-7",
    "punycode",
    "idna",
    "undefined",
    "utf-16",
    "utf-32",
    "utf-8-sig",
    "rot13",
    "hex",
    "base64",
    "zip",
    "bz2",
    "raw_unicode_escape",
    "unicode_escape",
    "mbcs",
    "oem",
    "cp037",
    "shift_jis",
    "iso2022_kr",
    "hz",
    "nonsense",
    "x\0y",
    '"',
    "a" * 5000,
    "\x80",
]
TYPES = [
    "application/x-www-form-urlencoded; charset={}",
    "multipart/form-data; boundary=b; charset={}",
    "text/plain; charset={}",
    "application/json; charset={}",
    "text/plain; charset*={}''%ff",
    "multipart/form-data; boundary*={}''b",
]
ODD_TYPES = [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "b" * 300,
    "multipart/form-data; boundary=b; boundary=c",
    'multipart/form-data; boundary="',
    "multipart/mixed; boundary=b",
    "multipart/form-data; boundary=\xff",
    "multipart",
    ";;;",
    "a/b; " + "x" * 5000,
    "\0",
]
PART = b"--b\r\nContent-Disposition: form-data; name=%s\r\n%s\r\nvalue\r\n--b--\r\n"
BODIES = [
    b"",
    b"\0",
    b"a=%",
    b"a=%FF%FE",
    b"%00=%00",
    b"&" * 2000,
    b"a=1&" * 1500,
    b"+ADw-script+AD4-",
    bytes(range(256)),
    b'{"a":',
    b'{"a": NaN}',
    b"[" * 5000,
    b'"\\ud800"',
    b"--b",
    b"--b--\r\n",
    b"--b\r\n\r\n",
    b"--b\r\nX",
    PART % (b'"a"', b""),
    PART % (b'"\xff\0"', b""),
    PART % (b"a; filename*=undefined''%ff", b""),
    PART % (b"a; filename*=punycode''%ff", b"Content-Type: text/plain; charset=idna\r\n"),
    PART % (b'a; filename="\r\nX: y"', b""),
    PART % (b"a", b"Content-Transfer-Encoding: base64\r\n"),
    PART % (b"a", b"Content-Type: " + b"x" * 2000 + b"\r\n"),
    PART % (b"csrfmiddlewaretoken", b"A: \xff\0\r\n"),
]
PATHS = [
    "/accounts/login/",
    "/studies/new/",
    "/nowhere/",
    "/worklist/",
    "/api/v1/studies/",
    "/API/v1/",
    "/admin/login/",
    "/accounts/password/reset/",
    "/",
    "/healthz",
    "/\xff\xfe/",
    "/a\0b/",
    "/" + "long/" * 800,
    "/%",
    "/accounts/logout/",
]
HEADERS: list[dict[str, str]] = [
    {},
    {"HTTP_COOKIE": "csrftoken=\xff; sessionid=\0"},
    {"HTTP_COOKIE": "=" * 3000},
    {"HTTP_COOKIE": "a" * 4000},
    {"HTTP_HOST": "evil.example"},
    {"HTTP_HOST": "[::1"},
    {"HTTP_HOST": "a" * 3000},
    {"HTTP_HOST": "\xff"},
    {"HTTP_REFERER": "https://evil.example/?name=Ada" + "x" * 3000, "wsgi.url_scheme": "https"},
    {"HTTP_ORIGIN": "null"},
    {"HTTP_ORIGIN": "http://[" + "x" * 3000},
    {"HTTP_ACCEPT": "application/json"},
    {"HTTP_ACCEPT": "\xff" * 500},
    {"HTTP_AUTHORIZATION": "Token \xff\0"},
    {"HTTP_AUTHORIZATION": "Token"},
    {"CONTENT_LENGTH": "-1"},
    {"CONTENT_LENGTH": "9" * 30},
    {"CONTENT_LENGTH": "\xb2"},
    {"CONTENT_LENGTH": "x"},
    {"QUERY_STRING": "q=%FF&page=%00&q=" + "%" * 2000},
    {"QUERY_STRING": "a=1&" * 1500},
    {"HTTP_ACCEPT_LANGUAGE": "x" * 3000},
    {"HTTP_HX_CURRENT_URL": "http://["},
    {"HTTP_IF_MODIFIED_SINCE": "x" * 400},
    {"HTTP_IF_NONE_MATCH": '"' * 400},
    {"HTTP_RANGE": "bytes=9-1"},
    {"HTTP_CONTENT_ENCODING": "gzip"},
    {"REQUEST_METHOD": "PUT"},
    {"REQUEST_METHOD": "BREW"},
    {"REQUEST_METHOD": "GET"},
    {"REQUEST_METHOD": "HEAD"},
    {"HTTP_X_FORWARDED_FOR": "\xff, \0"},
    {"HTTP_IDEMPOTENCY_KEY": "\xff" * 300},
]


@dataclass
class Asked:
    """What came of a request."""

    status: int
    body: bytes
    logged: str
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def ask(db: None) -> Iterator[Callable[..., Asked]]:
    """Sends a request to the portal as its web server does; the log is written as settings say."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    assert settings.LOGGING["formatters"]["line"] == {"()": "portal.logs.Line"}
    handler.setFormatter(Line())
    logging.getLogger().addHandler(handler)

    def asked(path: str, media_type: str, body: bytes, **more: str) -> Asked:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": media_type, "HTTP_HOST": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)), "QUERY_STRING": "", "wsgi.input": io.BytesIO(body),
            "HTTP_COOKIE": f"csrftoken={'a' * 32}",
        }  # fmt: skip
        setup_testing_defaults(environ)
        environ |= more
        begun: list[Any] = []
        before = stream.tell()
        answer = application(environ, lambda *start: begun.extend(start))
        content = b"".join(answer)
        getattr(answer, "close", lambda: None)()
        return Asked(int(begun[0].split()[0]), content, stream.getvalue()[before:], dict(begun[1]))

    for signal in (
        request_started,
        request_finished,
    ):  # else the test loses its database
        signal.disconnect(close_old_connections)
    yield asked
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    logging.getLogger().removeHandler(handler)


def requests() -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    dice = random.Random(14)
    for charset, media_type in itertools.product(CHARSETS, TYPES):
        yield dice.choice(PATHS[:5]), media_type.format(charset), dice.choice(BODIES), {}
    for path, headers in itertools.product(PATHS, HEADERS):
        yield (
            path,
            dice.choice(ODD_TYPES + [kind.format("utf-8") for kind in TYPES]),
            dice.choice(BODIES),
            headers,
        )
    for media_type, body in itertools.product(ODD_TYPES, BODIES):
        yield dice.choice(PATHS[:5]), media_type, body, {}


def test_no_request_breaks_the_portal_or_fills_its_log(ask: Callable[..., Asked], cast: Cast) -> None:
    doctor = Client()
    doctor.force_login(cast.doctor, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = f"csrftoken={'a' * 32}; sessionid={doctor.cookies['sessionid'].value}"
    token = tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator)[1]
    faults = []
    for number, (path, media_type, body, headers) in enumerate(requests()):
        known = {} if number % 2 else {"HTTP_COOKIE": session, "HTTP_AUTHORIZATION": f"Token {token}"}
        done = ask(path, media_type, body, **(known | headers))
        size = len(done.logged.encode())
        if done.status >= 500 or size > MOST_LOGGED:
            faults.append(
                (
                    done.status,
                    size,
                    path[:40],
                    media_type[:60],
                    body[:40],
                    str(headers)[:80],
                    done.logged[-600:],
                )
            )
    assert number >= 300
    assert not faults, f"{len(faults)} of {number}: {faults[:3]}"


@pytest.mark.parametrize("path", ["/accounts/login/", "/nowhere/"])
@pytest.mark.parametrize("charset", ["utf-7", "punycode", "utf-16"])
def test_a_form_in_an_odd_alphabet_is_told_so_in_a_line(
    ask: Callable[..., Asked], charset: str, path: str
) -> None:
    done = ask(path, f"application/x-www-form-urlencoded; charset={charset}", b"a=%FF")
    assert done.status == 400
    assert "could not be understood" in done.body.decode()
    assert "Traceback" not in done.logged
    assert done.logged.count("\n") <= 1


@pytest.mark.parametrize("path", ["/api/v1/studies/", "/API/v1/studies/"])
def test_a_program_gets_a_problem(ask: Callable[..., Asked], path: str) -> None:
    done = ask(path, "application/x-www-form-urlencoded; charset=utf-7", b"a=1")
    assert done.status == 400
    assert done.headers["Content-Type"] == "application/problem+json"
    assert b'"detail"' in done.body


def test_so_it_does_at_a_wrong_host_or_address(ask: Callable[..., Asked]) -> None:
    wrong_host = ask("/api/v1/studies/", "text/plain", b"", HTTP_HOST="evil.example")
    wrong_case = ask("/API/V1/studies/", "text/plain", b"")
    assert (wrong_host.status, wrong_case.status) == (400, 404)
    for done in (wrong_host, wrong_case):
        assert done.headers["Content-Type"] == "application/problem+json"
