"""Anchors go out by mail and to a URL, and are sent again until they have arrived."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import LazySettings
from django.core import mail

from accounts import audit
from accounts.audit import anchors, deliveries


@dataclass
class Keeper:
    """A server that keeps what is posted to it."""

    address: str = ""
    status: int = 200
    posted: list[str] = field(default_factory=list)


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    kept = Keeper()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(kept.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.address = f"http://127.0.0.1:{server.server_port}/anchors?secret=word"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()


def test_each_anchor_is_mailed_once(chain: None, settings: LazySettings) -> None:
    settings.AUDIT_ANCHOR_MAIL = ["auditor@a.example"]
    made = audit.anchor_if_due()
    assert made is not None
    audit.deliver()
    audit.deliver()
    (message,) = mail.outbox
    assert message.to == ["auditor@a.example"]
    assert message.subject == "[Carina] Anchor 1 of the audit trail"
    assert anchors.anchor_file().read_text() in str(message.body)


def test_each_anchor_is_posted_once(chain: None, settings: LazySettings, keeper: Keeper) -> None:
    settings.AUDIT_ANCHOR_URL = keeper.address
    audit.anchor_if_due()
    audit.deliver()
    audit.deliver()
    assert keeper.posted == [anchors.anchor_file().read_text()]


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_did_not_arrive_is_sent_again_and_nothing_secret_is_logged(
    chain: None, settings: LazySettings, keeper: Keeper, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_ANCHOR_URL = keeper.address
    audit.anchor_if_due()
    keeper.status = status
    audit.deliver()
    assert f"anchor 1 did not reach AUDIT_ANCHOR_URL: the answer was {status}" in caplog.text
    assert "secret" not in caplog.text
    keeper.status = 200
    audit.deliver()
    assert len(keeper.posted) == 2


def test_one_destination_that_fails_does_not_stop_the_other(
    chain: None, settings: LazySettings, keeper: Keeper, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_ANCHOR_MAIL = ["auditor@a.example"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    settings.AUDIT_ANCHOR_URL = keeper.address
    audit.anchor_if_due()
    audit.deliver()
    assert len(keeper.posted) == 1
    assert "did not reach AUDIT_ANCHOR_MAIL" in caplog.text


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://keeper.example/anchors", True),
        ("http://keeper.example/anchors", False),
        ("http://127.0.0.1:8080/", True),
        ("file:///etc/passwd", False),
        ("ftp://keeper.example/", False),
    ],
)
def test_anchors_leave_this_machine_encrypted_or_not_at_all(url: str, safe: bool) -> None:
    assert audit.is_safe(url) is safe


def test_an_address_without_https_is_not_used(
    chain: None, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_ANCHOR_URL = "http://keeper.example/"
    audit.anchor_if_due()
    audit.deliver()
    assert "must begin with https://" in caplog.text


def test_a_destination_that_waits_for_hours_is_told(
    chain: None, settings: LazySettings, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_ANCHOR_URL = keeper.address
    audit.anchor_if_due()
    assert audit.late() == []
    monkeypatch.setattr(deliveries, "LATE", timedelta(seconds=-5))
    (text,) = audit.late()
    assert text.startswith(f"Anchor 1 of {datetime.now(UTC):%Y-%m-%d}")
    audit.deliver()
    assert audit.late() == []
