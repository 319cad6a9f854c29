"""Of a film that arrives by pieces nothing is lost that came before its line broke."""

import time

import pytest

from accounts.models import User
from diagnosis.models import Upload
from tests.conftest import Cast
from tests.portal.server import serving
from tests.portal.server.conftest import cookie
from tests.portal.server.serving import Server, everything, request

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LENGTH = 1_500_000
TUS = "Tus-Resumable: 1.0.0"
TOKEN = "a" * 32


def sender(person: User) -> list[str]:
    return [f"{cookie(person)}; csrftoken={TOKEN}", f"X-CSRFToken: {TOKEN}", TUS]


def begun(server: Server, person: User) -> Upload:
    server.ask("\n".join(["POST /uploads/ HTTP/1.1", *sender(person), f"Upload-Length: {LENGTH}"]))
    return Upload.objects.get()


def head_of_piece(upload: Upload, person: User) -> bytes:
    return request(
        f"PATCH /uploads/{upload.public_id}/ HTTP/1.1",
        *sender(person),
        "Content-Type: application/offset+octet-stream",
        f"Upload-Offset: {upload.offset}",
        f"Content-Length: {LENGTH - upload.offset}",
    )


def offset_after(upload: Upload, bytes_sent: int) -> int:
    """How many bytes count, once the server has dealt with so many."""
    deadline = time.monotonic() + serving.PATIENCE
    while time.monotonic() < deadline:
        upload.refresh_from_db()
        if upload.offset >= bytes_sent:
            break
        time.sleep(0.05)  # the poll of another process, with a deadline
    return upload.offset


@pytest.mark.parametrize("sent", [1_000, 700_000])
def test_what_came_before_the_line_broke_counts(server: Server, cast: Cast, sent: int) -> None:
    upload = begun(server, cast.technician)
    with server.line() as line:
        line.sendall(head_of_piece(upload, cast.technician) + b"a" * sent)
    assert offset_after(upload, sent) == sent
    with server.line() as line:
        line.sendall(head_of_piece(upload, cast.technician) + b"b" * (LENGTH - sent))
        assert line.recv(4096).startswith(b"HTTP/1.1 204")
    upload.refresh_from_db()
    assert upload.finished_at is not None
    assert (server.folder / "data" / upload.path).read_bytes() == b"a" * sent + b"b" * (LENGTH - sent)


def test_a_line_that_stands_still_is_answered_with_what_came(server: Server, cast: Cast) -> None:
    upload = begun(server, cast.technician)
    with server.line() as line:
        line.sendall(head_of_piece(upload, cast.technician) + b"a" * 100_000)
        answer = everything(line)
    assert answer.startswith(b"HTTP/1.1 204")
    assert b"upload-offset: 100000" in answer.lower()


def test_a_form_whose_line_broke_is_not_taken_for_a_whole_one(server: Server, cast: Cast) -> None:
    with server.line() as line:
        line.sendall(
            request(
                "POST /uploads/ HTTP/1.1", *sender(cast.technician), "Upload-Length: 5", "Content-Length: 9"
            )
            + b"x"
        )
    assert server.answers()
    assert not Upload.objects.exists()
