"""The proxy of the compose file: wired to the portal, and what it does to a request, by a real nginx."""

import http.client
import re
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.urls import URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern

from diagnosis.services.intake.door import brings_films
from tests.portal.production_proxy import CONFIGURATION, certify, configuration, running
from tests.ports import free_port

ROOT = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PROXY = COMPOSE["services"]["proxy"]
MEGABYTE = 1024 * 1024
EXAMPLES = {"uuid": "00000000-0000-4000-8000-000000000000", "uid": "1.2.3"}
RESET = "/accounts/password/reset/key/1-abc-secret/?q=Ada"


def test_proxy_and_machines_door_alone_are_reached_from_outside() -> None:
    published = {name for name, service in COMPOSE["services"].items() if "ports" in service}
    assert published == {"proxy", "listener"}
    assert PROXY["ports"] == ["80:80", "443:443"]


def test_it_is_wired_to_the_portal_and_to_its_certificate() -> None:
    assert (ROOT / COMPOSE["configs"]["proxy"]["file"]).read_text() == CONFIGURATION
    (port,) = COMPOSE["services"]["web"]["expose"]
    assert f"set $portal http://web:{port};" in CONFIGURATION
    assert PROXY["configs"] == [{"source": "proxy", "target": "/etc/nginx/nginx.conf"}]
    for name in PROXY["secrets"]:
        assert f"/run/secrets/{name};" in CONFIGURATION
        assert COMPOSE["secrets"][name]["file"].startswith("${TLS_")
    assert PROXY["healthcheck"]["test"][-1] == "http://127.0.0.1:8081/alive"


def test_films_are_let_through_where_the_portal_takes_them_and_as_much_as_it_takes() -> None:
    pattern = re.search(r"location ~ (\S+) {\s+client_max_body_size (\d+)m;", CONFIGURATION)
    assert pattern
    assert int(pattern[2]) * MEGABYTE == settings.MAX_REQUEST_BYTES
    addresses = [address for address, view in addresses_of(get_resolver()) if brings_films("POST", view)]
    assert {"/dicom-web/studies", "/api/v1/studies/", "/studies/new/"} <= set(addresses)
    for address in addresses:
        assert resolve(address)
        assert re.match(pattern[1], address), address
    for address in ("/accounts/login/", "/dicom-web/series", "/studiesX"):
        assert not re.match(pattern[1], address)


def addresses_of(resolver: URLResolver, before: str = "/") -> Iterator[tuple[str, Any]]:
    """Every address with an example for each of its parameters, and its view."""
    for each in resolver.url_patterns:
        parts = re.sub(r"<(\w+):\w+>", lambda found: EXAMPLES.get(found[1], "1"), str(each.pattern))
        if isinstance(each, URLResolver):
            yield from addresses_of(each, before + parts)
        elif isinstance(each.pattern, RoutePattern):
            yield before + parts, each.callback


class Portal(BaseHTTPRequestHandler):
    """Stands behind the proxy and writes down what reaches it."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]] = []

    def do_GET(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET

    def log_message(self, *arguments: Any) -> None:
        """Nothing: the test reads the proxy's log."""


@dataclass
class Running:
    """A proxy before a portal of the test's own."""

    ports: dict[int, int]
    log: Path
    certificate: Path
    seen: list[dict[str, str]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        trust = ssl.create_default_context(cafile=str(self.certificate))
        trust.check_hostname = False
        line = http.client.HTTPSConnection("127.0.0.1", self.ports[443], timeout=20, context=trust)
        line.request(method, path, body, {"Host": "carina.example.org:6666", **headers})
        return line.getresponse()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("nginx or openssl is not installed")
    folder = tmp_path_factory.mktemp("proxy")
    certificate = certify(folder, "carina.example.org")
    portal = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=portal.serve_forever, daemon=True).start()
    ports = {port: free_port() for port in (80, 443, 8081)}
    text = configuration(folder, portal=portal.server_port, host="127.0.0.1", ports=ports)
    with running(folder, text, host="127.0.0.1", port=ports[443]):
        yield Running(ports, folder / "stdout", certificate, Portal.seen)
    portal.shutdown()


def test_what_a_client_claims_about_itself_does_not_reach_the_portal(proxy: Running) -> None:
    claims = {"X-Forwarded-For": "1.1.1.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example",
              "Forwarded": "for=1.1.1.1", "X-Real-IP": "1.1.1.1"}  # fmt: skip
    assert proxy.ask("GET", "/", **claims).status == 200
    seen = proxy.seen[-1]
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert not {"x-forwarded-host", "forwarded", "x-real-ip"} & set(seen)
    assert seen["host"] == "carina.example.org", "a port of the client's own choice is dropped"


def test_a_browser_needs_one_connection_for_a_whole_page(proxy: Running) -> None:
    trust = ssl.create_default_context(cafile=str(proxy.certificate))
    trust.check_hostname = False
    trust.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", proxy.ports[443]), timeout=20)
    with trust.wrap_socket(plain, server_hostname="carina.example.org") as line:
        assert line.selected_alpn_protocol() == "h2"


def test_the_rule_for_https_is_said_once(proxy: Running) -> None:
    said = proxy.ask("GET", "/").headers.get_all("Strict-Transport-Security")
    assert said == ["max-age=1"]


def test_plain_http_leads_to_https(proxy: Running) -> None:
    line = http.client.HTTPConnection("127.0.0.1", proxy.ports[80], timeout=20)
    line.request("GET", "/worklist/", headers={"Host": "carina.example.org"})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, "https://carina.example.org/worklist/")


def test_large_bodies_pass_only_where_films_go(proxy: Running) -> None:
    assert proxy.ask("POST", "/studies/new/", bytes(MEGABYTE)).status == 200
    before = len(proxy.seen)
    refused = proxy.ask("POST", "/accounts/login/", bytes(65 * 1024))
    assert (refused.status, len(proxy.seen)) == (413, before)
    assert b"too large" in refused.read()


def test_the_log_has_neither_queries_nor_keys_nor_forged_lines(proxy: Running) -> None:
    proxy.ask("GET", RESET)
    proxy.ask("GET", "/x%0aFORGED")
    proxy.ask("GET", "/last-one")
    ends = time.monotonic() + 20
    while "last-one" not in (log := proxy.log.read_text()) and time.monotonic() < ends:
        time.sleep(0.05)
    assert "Ada" not in log
    assert "secret" not in log
    assert not [line for line in log.splitlines() if line.startswith("FORGED")]


def test_it_says_whether_it_is_alive_to_its_own_machine(proxy: Running) -> None:
    line = http.client.HTTPConnection("127.0.0.1", proxy.ports[8081], timeout=20)
    line.request("GET", "/alive")
    assert line.getresponse().read() == b"ok\n"


def test_a_portal_that_is_away_is_told_in_words(proxy: Running, tmp_path: Path) -> None:
    text = (proxy.log.parent / "nginx.conf").read_text()
    own = {port: free_port() for port in proxy.ports.values()}
    for before, after in own.items():
        text = text.replace(f"127.0.0.1:{before}", f"127.0.0.1:{after}")
    text = re.sub(r"set \$portal \S+;", "set $portal http://127.0.0.1:1;", text).replace(
        str(proxy.log.parent) + "/std", f"{tmp_path}/std"
    )
    text = text.replace(f"{proxy.log.parent}/nginx.pid", f"{tmp_path}/nginx.pid")
    with running(tmp_path, text, host="127.0.0.1", port=own[proxy.ports[443]]):
        ports = {port: own[proxy.ports[port]] for port in proxy.ports}
        answer = Running(ports, tmp_path / "stdout", proxy.certificate).ask("GET", "/worklist/?q=Ada")
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "60"
        assert b"is safe" in answer.read()
        assert "Ada" not in (tmp_path / "stderr").read_text()
