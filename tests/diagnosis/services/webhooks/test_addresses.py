"""Where webhooks may not lead, however the address is written and whatever its name is looked up as later."""

import socket
import ssl
import subprocess
import threading
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import Scan, WebhookState
from diagnosis.services import webhooks
from diagnosis.services.webhooks import addresses
from diagnosis.services.webhooks.addresses import NotAllowed
from tests.conftest import Cast
from tests.diagnosis.services.webhooks.conftest import Hook, Receiver, hooked, served
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db
REAL = socket.getaddrinfo


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


@pytest.mark.parametrize(
    "address",
    [
        "http://receiver.example/", "ftp://receiver.example/", "receiver.example", "https://", "https:///path",
        "https://somebody:word@receiver.example/", "https://receiver.example/#part", "https://a b.example/",
        "https://receiver.example:0/", "https://receiver.example:99999/", "https://[::1/", "https://x\n.example/",
        "javascript:alert(1)", "//receiver.example/", "https://ｅxample.org/",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(cast: Cast, address: str) -> None:
    with pytest.raises(webhooks.BadAddress):
        webhooks.add(clinic=cast.clinic_a, address=address, kinds=["overdue"], by=cast.administrator)


INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:db8::1",
    "fec0::1", "feff::1", "168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::a83f:8110",
]  # fmt: skip


@pytest.mark.parametrize("inside", INSIDE)
def test_no_name_leads_into_a_network_that_was_not_named(
    inside: str, settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    written = f"[{inside}]" if ":" in inside else inside
    with pytest.raises(NotAllowed):
        addresses.place_of(f"https://{written}/")
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))]
    found.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", (inside, 443)))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(NotAllowed):
        addresses.reachable(addresses.place_of("https://receiver.example/"))


@pytest.mark.parametrize("spelling", ["0x7f000001", "2130706433", "0177.0.0.1", "127.1"])
def test_other_spellings_of_this_machine_are_judged_as_it(spelling: str, settings: SettingsWrapper) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    with pytest.raises(NotAllowed):
        addresses.reachable(addresses.place_of(f"https://{spelling}/"))


def test_a_network_that_the_operator_named_is_reached(settings: SettingsWrapper) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network("10.1.0.0/16")]
    assert addresses.reachable(addresses.place_of("https://10.1.2.3:8443/x")) == ["10.1.2.3"]
    with pytest.raises(NotAllowed):
        addresses.place_of("https://10.2.2.3/")
    with pytest.raises(NotAllowed):
        addresses.place_of("http://10.1.2.3/")


@pytest.mark.parametrize(
    ("network", "address"), [("fec0::/10", "[fec0::1]"), ("168.63.129.16", "168.63.129.16")]
)
def test_an_address_that_only_looks_public_is_reached_once_it_is_named(
    network: str, address: str, settings: SettingsWrapper
) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = [ip_network(network)]
    assert addresses.place_of(f"https://{address}/").host == address.strip("[]")


def test_public_addresses_are_reached(settings: SettingsWrapper) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    assert addresses.reachable(addresses.place_of("https://8.8.8.8/")) == ["8.8.8.8"]
    assert addresses.reachable(addresses.place_of("https://[2606:4700::1111]/")) == ["2606:4700::1111"]


def test_what_was_judged_is_what_is_connected_to(
    cast: Cast, scan: Scan, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to an allowed machine when it is judged, and to another a moment later."""
    hook = hooked(cast, receiver)
    hook.row.address = receiver.address.replace("127.0.0.1", "localhost")
    hook.row.save()
    looked_up: list[str] = []

    def changing(host: str, port: Any, *rest: Any, **more: Any) -> Any:
        if host != "localhost":
            return REAL(host, port, *rest, **more)
        looked_up.append(host)
        return REAL("127.0.0.1" if len(looked_up) == 1 else "192.0.2.1", port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    webhooks.queue("overdue", study=scan.study)
    webhooks.deliver_due(seconds=20)
    assert (hook.told.state, looked_up) == (WebhookState.DELIVERED, ["localhost"]), hook.told.words


def test_a_network_that_is_not_allowed_any_more_gets_nothing(
    scan: Scan, hook: Hook, receiver: Receiver, settings: SettingsWrapper
) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    webhooks.queue("overdue", study=scan.study)
    webhooks.deliver_due(seconds=20)
    assert (hook.told.state, receiver.messages) == (WebhookState.WAITING, [])
    assert "WEBHOOK_PRIVATE_NETWORKS" in hook.told.words


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A key and a certificate for localhost that it signed itself."""
    key, signed = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=receiver",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(signed)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, signed


@pytest.mark.parametrize(
    ("host", "known", "arrives"),
    [("localhost", True, True), ("localhost", False, False), ("127.0.0.1", True, False)],
)
def test_a_certificate_is_checked_by_the_name_of_the_address(
    cast: Cast,
    scan: Scan,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    known: bool,
    arrives: bool,
) -> None:
    key, signed = certificate
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(signed))
    receiver = Receiver()
    server = served(receiver)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.address = f"https://{host}:{server.server_address[1]}/"
    hook = hooked(cast, receiver)
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **more: REAL("127.0.0.1", *rest, **more))
    webhooks.queue("overdue", study=scan.study)
    webhooks.deliver_due(seconds=20)
    server.shutdown()
    server.server_close()
    assert (hook.told.state == WebhookState.DELIVERED, bool(receiver.messages)) == (arrives, arrives)
    assert arrives or "certificate is not valid" in hook.told.words
