"""While there is no room for films, that is said before they come; and to nobody who may send none."""

from collections.abc import Iterator

import pytest

from tests.conftest import Cast
from tests.portal.server import serving
from tests.portal.server.conftest import cookie
from tests.portal.server.serving import Server, everything, request

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
UPLOAD = "Content-Type: multipart/form-data; boundary=b"
LENGTH = 1_500_000
API, PAGE = "POST /api/v1/studies/ HTTP/1.1", "POST /studies/new/ HTTP/1.1"


@pytest.fixture(scope="module")
def full(
    django_db_setup: None, broker_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("full")
    running = serving.start(folder, REDIS_URL=broker_url, MIN_FREE_MEGABYTES=str(10**9))
    yield running
    running.end()


def head(first: str, sender: str, *more: str) -> bytes:
    return request(first, sender, UPLOAD, f"Content-Length: {LENGTH}", *more)


def test_a_film_is_refused_before_it_is_sent(full: Server, token: str, cast: Cast) -> None:
    for first, sender in ((API, token), (PAGE, cookie(cast.technician))):
        with full.line() as line:
            line.sendall(head(first, sender, "Expect: 100-continue"))
            answer = everything(line)
        assert answer.startswith(b"HTTP/1.1 507"), answer
        assert b"no room for films" in answer


def test_a_sender_who_does_not_wait_hears_it_while_sending(full: Server, token: str) -> None:
    with full.line() as line:
        line.sendall(head(API, token) + bytes(20_000))
        assert line.recv(4096).startswith(b"HTTP/1.1 507"), "most of the body was not sent yet"
        line.sendall(bytes(LENGTH - 20_000))
        everything(line)


def test_a_wrong_token_is_named_all_the_same(full: Server, cast: Cast) -> None:
    with full.line() as line:
        line.sendall(head(API, "Authorization: Token carina_wrong", "Expect: 100-continue"))
        answer = everything(line)
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"This token is unknown" in answer


def test_what_brings_no_film_is_received(full: Server, cast: Cast) -> None:
    with full.line() as line:
        line.sendall(head("POST /accounts/profile/ HTTP/1.1", cookie(cast.doctor), "Expect: 100-continue"))
        assert line.recv(4096).startswith(b"HTTP/1.1 100")
