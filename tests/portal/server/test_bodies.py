"""How much may be sent depends on who sends it, and is decided before it is received."""

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.films import phantom_png
from tests.portal.server.conftest import cookie
from tests.portal.server.serving import Server, everything, request

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FORM = "Content-Type: application/x-www-form-urlencoded"
UPLOAD = "Content-Type: multipart/form-data; boundary=b"
LARGE = 17 * 1024
MEGABYTE = 1024 * 1024


def answer_without_a_body(server: Server, *lines: str) -> bytes:
    """The answer to a request whose body is announced and never sent."""
    with server.line() as line:
        line.sendall(request(*lines, "Expect: 100-continue"))
        return everything(line)


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def test_a_strangers_large_form_is_refused_before_it_is_sent(server: Server) -> None:
    answer = answer_without_a_body(server, "POST /accounts/login/ HTTP/1.1", FORM, f"Content-Length: {LARGE}")
    assert answer.startswith(b"HTTP/1.1 413")  # and no 100 Continue
    assert b"Sign in before you send this" in answer
    assert b"connection: close" in answer.lower()


def test_so_is_one_that_does_not_say_how_long_it_is(server: Server) -> None:
    head = request("POST /accounts/login/ HTTP/1.1", FORM, "Transfer-Encoding: chunked")
    with server.line() as line:
        line.sendall(head + b"%x\r\n" % MEGABYTE + bytes(LARGE))
        assert everything(line).startswith(b"HTTP/1.1 413")


def test_whoever_sends_on_all_the_same_can_read_the_answer(server: Server) -> None:
    body = bytes(8 * MEGABYTE)
    answer = server.ask(f"POST /accounts/login/ HTTP/1.1\n{FORM}\nContent-Length: {len(body)}", body)
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("who", ["waiting_doctor", "refused_doctor"])
def test_an_account_that_is_not_approved_may_send_no_more_than_a_stranger(
    server: Server, cast: Cast, who: str
) -> None:
    headers = (cookie(getattr(cast, who)), FORM, f"Content-Length: {LARGE}")
    answer = answer_without_a_body(server, "POST /accounts/profile/ HTTP/1.1", *headers)
    assert answer.startswith(b"HTTP/1.1 413")


def test_neither_does_a_session_that_has_ended(server: Server, cast: Cast) -> None:
    ended = cookie(cast.doctor)
    client = Client()
    client.cookies.load(ended.removeprefix("Cookie: "))
    client.logout()
    answer = answer_without_a_body(
        server, "POST /studies/new/ HTTP/1.1", ended, FORM, f"Content-Length: {LARGE}"
    )
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"not any more" in answer


def test_our_script_reads_why(server: Server) -> None:
    headers = ("Accept: application/json", UPLOAD, f"Content-Length: {LARGE}")
    answer = answer_without_a_body(server, "POST /studies/new/ HTTP/1.1", *headers)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'{"text": "You are not signed in' in answer


def test_a_small_form_is_for_everybody(server: Server, cast: Cast) -> None:
    answer = server.ask(f"POST /accounts/login/ HTTP/1.1\n{FORM}\nContent-Length: 9", b"login=abc")
    assert b"This form has expired" in answer  # read, and without its token


def test_somebody_signed_in_may_send_films(server: Server, cast: Cast) -> None:
    part = b'Content-Disposition: form-data; name="films"; filename="a.png"'
    body = b"--b\r\n" + part + b"\r\n\r\n" + bytes(MEGABYTE) + b"\r\n--b--\r\n"
    head = f"POST /studies/new/ HTTP/1.1\n{UPLOAD}\n{cookie(cast.doctor)}\nContent-Length: {len(body)}"
    assert b"This form has expired" in server.ask(head, body)


def test_but_not_without_end(server: Server, cast: Cast) -> None:
    headers = (cookie(cast.doctor), UPLOAD, f"Content-Length: {2 * MEGABYTE + 1}")
    answer = answer_without_a_body(server, "POST /studies/new/ HTTP/1.1", *headers)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"A request may have 2 MB" in answer


def test_nor_too_much_at_once(server: Server, cast: Cast) -> None:
    head = request("POST /studies/new/ HTTP/1.1", cookie(cast.doctor), UPLOAD, "Content-Length: 100000")
    lines = [server.line() for _ in range(2)]
    for line in lines:
        line.sendall(head.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert line.recv(4096).startswith(b"HTTP/1.1 100"), "its sender was found, and its body counts"
    with server.line() as third:
        third.sendall(head)
        answer = everything(third)
    assert answer.startswith(b"HTTP/1.1 429")
    assert b"retry-after" in answer.lower()
    for line in lines:
        line.close()


def test_the_api_names_a_wrong_token_before_the_film_is_sent(server: Server, cast: Cast) -> None:
    headers = ("Authorization: Token carina_wrong", UPLOAD, "Content-Length: 1000000")
    answer = answer_without_a_body(server, "POST /api/v1/studies/ HTTP/1.1", *headers)
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"This token is unknown" in answer


def test_the_api_takes_a_film_whose_length_is_not_known(server: Server, token: str) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="patient_number"\r\n\r\nS-2\r\n'
        b'--b\r\nContent-Disposition: form-data; name="film"; filename="a.png"\r\n\r\n'
        + phantom_png(2) + b"\r\n--b--\r\n"
    )  # fmt: skip
    head = (
        f"POST /api/v1/studies/ HTTP/1.1\n{token}\n{UPLOAD}\nTransfer-Encoding: chunked\nExpect: 100-continue"
    )
    answer = server.ask(head, chunked(body))
    assert b"HTTP/1.1 201" in answer, answer


@pytest.mark.parametrize(
    ("path", "form"), [("/api/v1/studies/", b"problem+json"), ("/studies/new/", b"text/html")]
)
def test_a_compressed_body_is_refused_by_the_name_of_its_encoding(
    server: Server, token: str, path: str, form: bytes
) -> None:
    head = f"POST {path} HTTP/1.1\n{token}\n{UPLOAD}\nContent-Encoding: gzip\nContent-Length: 3"
    answer = server.ask(head, b"abc")
    assert answer.startswith(b"HTTP/1.1 415")
    assert form in answer
    assert "“gzip”".encode() in answer
