"""Whoever sends or reads slowly holds up nobody, and does not stay."""

import contextlib
import os
import select
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.films import phantom_png
from tests.portal.server import serving
from tests.portal.server.serving import Server, everything, request

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FORM = "Content-Type: application/x-www-form-urlencoded"
MANY = 60


def film_request(token: str, film: bytes) -> bytes:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="patient_number"\r\n\r\nS-1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="film"; filename="a.png"\r\n\r\n'
        + film + b"\r\n--b--\r\n"
    )  # fmt: skip
    head = request(
        "POST /api/v1/studies/ HTTP/1.1", token, f"Content-Length: {len(body)}",
        "Content-Type: multipart/form-data; boundary=b", "Connection: close",
    )  # fmt: skip
    return head + body


def dripping(line: socket.socket, begun: bytes, drop: bytes) -> bytes:
    """The answer to a request that begins like this and never comes to its end."""
    stop = threading.Event()

    def drip() -> None:
        line.sendall(begun)
        with contextlib.suppress(OSError):
            while not stop.wait(0.2):
                line.sendall(drop)

    sender = threading.Thread(target=drip)
    sender.start()
    answer = everything(line)
    stop.set()
    sender.join()
    return answer


def test_a_header_that_takes_too_long_is_answered_and_closed(server: Server) -> None:
    with server.line() as line:
        line.sendall(b"GET / HTTP/1.1\r\nX-Begun: ")
        assert everything(line).startswith(b"HTTP/1.1 408")


def test_so_is_one_that_comes_in_drops(server: Server) -> None:
    with server.line() as line:
        answer = dripping(line, b"GET / HTTP/1.1\r\n", b"X-A: b\r\n")
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_strangers_form_has_little_time_however_steadily_it_comes(server: Server) -> None:
    begun = request("POST /accounts/login/ HTTP/1.1", FORM, "Content-Length: 9000")
    with server.line() as line:
        answer = dripping(line, begun, b"a")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"The line was too slow" in answer


def test_a_film_over_a_slow_line_arrives(server: Server, token: str) -> None:
    whole = film_request(token, phantom_png())
    steps = 20
    length = -(-len(whole) // steps)
    with server.line() as line:
        for start in range(0, len(whole), length):
            line.sendall(whole[start : start + length])
            time.sleep(0.2)  # twice as long altogether as a stranger may take
        answer = everything(line)
    assert answer.startswith(b"HTTP/1.1 201"), answer[-500:]


def test_a_film_that_stops_coming_is_given_up_in_words(server: Server, token: str) -> None:
    with server.line() as line:
        line.sendall(film_request(token, phantom_png())[:-20])
        answer = everything(line)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in answer
    assert b"too slow" in answer


def test_an_answer_that_nobody_reads_is_given_up(server: Server) -> None:
    with server.line(buffer=4096) as line:
        line.sendall(request("GET /static/large.bin HTTP/1.1"))
        thrown_out = select.poll()
        thrown_out.register(line, select.POLLHUP)
        assert thrown_out.poll(1000 * serving.PATIENCE), "the server still waits for its reader"


def test_many_slow_connections_leave_room_for_everybody_else(server: Server) -> None:
    begun = [
        b"GET / HTTP/1.1\r\nX-A: b\r\n",
        request("POST /accounts/login/ HTTP/1.1", FORM, "Content-Length: 9000") + b"a",
        request("GET /static/large.bin HTTP/1.1"),
        b"",
        request("GET /healthz HTTP/1.1"),
    ]
    lines = [server.line(buffer=4096) for _ in range(MANY)]
    for number, line in enumerate(lines):
        line.sendall(begun[number % len(begun)])
    assert server.answers()
    assert server.ask("GET /accounts/login/ HTTP/1.1").startswith(b"HTTP/1.1 200")
    for line in lines:
        line.close()


def test_the_next_request_on_a_connection_is_answered_too(server: Server) -> None:
    with server.line() as line:
        for _ in range(3):
            line.sendall(request("GET /healthz HTTP/1.1"))
            answer = b""
            while not answer.endswith(b"ok\n"):
                answer += line.recv(4096)
        line.sendall(request("GET /healthz HTTP/1.1") * 2)  # and two that come at once
        answer = b""
        while answer.count(b"ok\n") < 2:
            answer += line.recv(4096)


def test_a_process_that_dies_takes_nobody_along_and_is_replaced(server: Server) -> None:
    before = server.children()
    os.kill(before[0], signal.SIGKILL)
    ends = time.monotonic() + serving.PATIENCE
    while time.monotonic() < ends:
        try:
            if server.answers() and server.children() != before:
                break
        except OSError:
            time.sleep(0.1)
    assert server.answers()


def test_slow_connections_do_not_hold_up_the_end_and_an_upload_under_way_is_finished(
    transactional_db: None, broker_url: str, token: str, tmp_path: Path
) -> None:
    running = serving.start(tmp_path, REDIS_URL=broker_url)
    idle = running.line()
    idle.sendall(b"GET / HTTP/1.1\r\n")
    whole = film_request(token, phantom_png())
    upload = running.line()
    upload.sendall(whole[:-10])
    assert running.answers()  # so that the upload has begun
    running.process.send_signal(signal.SIGTERM)
    assert everything(idle) == b""
    upload.sendall(whole[-10:])
    assert everything(upload).startswith(b"HTTP/1.1 201")
    assert running.process.wait(timeout=serving.PATIENCE) == 0
