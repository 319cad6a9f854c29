"""A film that arrives by pieces: what came is kept, and nothing else is taken for it."""

import base64
import hashlib
import io
import resource
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from diagnosis import tasks
from diagnosis.models import Scan, Upload
from diagnosis.services import uploads
from diagnosis.services.storage import path_of
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import JSON
from tests.diagnosis.views.intake.pieces import PIECE, VERSION, address, begin, came, send, sent_whole
from tests.diagnosis.views.pages import text_of
from tests.films import phantom_png, queued_scan

MEGABYTE = 1024**2


def content_of(where: str) -> bytes:
    return path_of(Upload.objects.get(public_id=where.split("/")[2]).path).read_bytes()


def test_pieces_become_the_file_and_each_says_how_much_came(technician: Client) -> None:
    where = address(technician, 10)
    assert came(technician, where) == 0
    assert send(technician, where, 0, b"abcd").headers["Upload-Offset"] == "4"
    assert came(technician, where) == 4
    assert send(technician, where, 4, b"efghij").headers["Upload-Offset"] == "10"
    assert content_of(where) == b"abcdefghij"


def test_a_piece_for_another_place_is_refused_and_changes_nothing(technician: Client) -> None:
    where = address(technician, 10)
    send(technician, where, 0, b"abcd")
    for offset in (0, 3, 5):
        assert send(technician, where, offset, b"xy").status_code == 409
    assert (came(technician, where), content_of(where)) == (4, b"abcd")


def test_more_than_was_announced_is_refused(technician: Client) -> None:
    where = address(technician, 4)
    assert send(technician, where, 0, b"abcde").status_code == 413
    assert came(technician, where) == 0
    assert send(technician, where, 0, b"abcd").status_code == 204


@pytest.mark.parametrize("length", ["", "-1", "1.5", "x", "1" * 30, "１２"])
def test_a_length_that_is_no_number_is_refused_in_words(technician: Client, length: str) -> None:
    answer = begin(technician, 0, **{"Upload-Length": length.encode().decode("latin-1")})
    assert answer.status_code == 400
    assert "Upload-Length" in answer.json()["text"]


def test_headers_that_cannot_be_read_are_refused_in_words(technician: Client) -> None:
    assert begin(technician, 3, **{"Upload-Metadata": "filename %%%"}).status_code == 400
    assert begin(technician, 3, **{"Upload-Defer-Length": "1"}).status_code == 400
    where = address(technician, 3)
    assert send(technician, where, 0, b"abc", **{"Upload-Checksum": "md5 x"}).status_code == 400
    assert send(technician, where, 0, b"abc", **{"Tus-Resumable": "0.2.2"}).status_code == 412
    told = VERSION | {"Upload-Offset": "0"}
    assert technician.patch(where, b"abc", content_type="text/plain", headers=told).status_code == 415
    assert came(technician, where) == 0


def test_the_server_says_what_it_can(technician: Client) -> None:
    answer = technician.options("/uploads/")
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "expiration", "termination", "checksum",
    }  # fmt: skip
    assert int(answer.headers["Tus-Max-Size"]) == 1000 * MEGABYTE


def test_a_damaged_piece_does_not_count(technician: Client) -> None:
    where = address(technician, 4)
    right = base64.b64encode(hashlib.sha256(b"abcd").digest()).decode()
    assert send(technician, where, 0, b"abxd", **{"Upload-Checksum": f"sha256 {right}"}).status_code == 460
    assert came(technician, where) == 0
    assert send(technician, where, 0, b"abcd", **{"Upload-Checksum": f"sha256 {right}"}).status_code == 204
    assert content_of(where) == b"abcd"


def test_nobody_else_finds_it_not_even_in_the_same_clinic(
    technician: Client, doctor: Client, stranger: Client
) -> None:
    where = address(technician, 4)
    for other in (doctor, stranger):
        assert other.head(where, headers=VERSION).status_code == 404
        assert send(other, where, 0, b"abcd").status_code == 404
        assert other.delete(where, headers=VERSION).status_code == 404
    assert came(technician, where) == 0


def test_without_the_token_of_ones_own_page_no_piece_is_taken(cast: Cast) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.technician, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert begin(strict, 4).status_code == 403
    strict.get("/studies/new/")
    token = {"X-CSRFToken": strict.cookies["csrftoken"].value}
    where = begin(strict, 4, **token).headers["Location"]
    assert send(strict, where, 0, b"abcd").status_code == 403
    assert send(strict, where, 0, b"abcd", **token).status_code == 204


def test_a_person_may_have_as_much_on_the_way_as_one_request(
    technician: Client, doctor: Client, settings: SettingsWrapper
) -> None:
    settings.MAX_REQUEST_BYTES = 10
    assert begin(technician, 11).status_code == 413
    where = address(technician, 6)
    refused = begin(technician, 5)
    assert refused.status_code == 413
    assert "discard" in refused.json()["text"]
    assert begin(doctor, 5).status_code == 201, "everybody has their own room"
    assert technician.delete(where, headers=VERSION).status_code == 204
    assert begin(technician, 5).status_code == 201
    assert len(list(path_of("uploads").iterdir())) == 2, "what was refused or discarded left no file"


def test_only_a_zip_may_be_longer_than_a_film(technician: Client, settings: SettingsWrapper) -> None:
    settings.MAX_FILM_BYTES = 8
    where = address(technician, 20)
    assert send(technician, where, 0, b"\x89PNG1234").status_code == 413
    assert send(technician, where, 0, b"PK\x03\x04" + bytes(16)).status_code == 204


def test_it_ends_when_its_time_is_over_and_goes_with_the_next_sweep(technician: Client) -> None:
    where, other = address(technician, 4), address(technician, 4)
    send(technician, where, 0, b"ab")
    Upload.objects.filter(public_id=where.split("/")[2]).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert technician.head(where, headers=VERSION).status_code == 410
    assert send(technician, where, 2, b"cd").status_code == 410
    tasks.tidy()
    assert technician.head(where, headers=VERSION).status_code == 404
    assert [file.name for file in path_of("uploads").iterdir()] == [other.split("/")[2]]


def test_each_piece_gives_it_more_time(technician: Client, settings: SettingsWrapper) -> None:
    where = address(technician, 4)
    begun = Upload.objects.get().expires_at
    send(technician, where, 0, b"ab")
    assert Upload.objects.get().expires_at > begun


class BreakingLine(io.BytesIO):
    """A body whose line breaks when so much of it was read."""

    def read(self, size: int | None = -1) -> bytes:
        if block := super().read(size):
            return block
        raise ConnectionResetError


def test_what_came_before_the_line_broke_is_kept(technician: Client) -> None:
    where = address(technician, 300_000)
    technician.generic(
        "PATCH", where, headers=VERSION | {"Upload-Offset": "0"},
        **{"wsgi.input": BreakingLine(b"a" * 200_000), "CONTENT_LENGTH": "300000", "CONTENT_TYPE": PIECE},
    )  # fmt: skip
    assert came(technician, where) == 200_000
    assert send(technician, where, 200_000, b"b" * 100_000).status_code == 204
    assert content_of(where) == b"a" * 200_000 + b"b" * 100_000


def test_two_pieces_at_once_do_not_mix(technician: Client) -> None:
    where = address(technician, 4)

    def piece() -> Iterator[bytes]:
        yield b"ab"
        assert send(technician, where, 0, b"xy").status_code == 423, "while the first is being written"
        yield b"cd"

    uploads.append(Upload.objects.get(), offset=0, pieces=piece())
    assert content_of(where) == b"abcd"


def test_bytes_of_a_process_that_was_killed_are_written_over(technician: Client) -> None:
    where = address(technician, 4)
    send(technician, where, 0, b"a")
    path_of(Upload.objects.get().path).write_bytes(b"axyz")  # written, and killed before they counted
    send(technician, where, 1, b"b")
    assert content_of(where) == b"ab"


@pytest.fixture
def small_disk() -> Iterator[int]:
    """A disk on which no file grows beyond so many bytes."""
    most, limits = 30 * MEGABYTE, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    yield most
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_on_a_full_disk_what_found_room_is_kept_and_the_rest_comes_later(
    technician: Client, small_disk: int
) -> None:
    where = address(technician, 40 * MEGABYTE)
    begun = small_disk - 64 * 1024
    Upload.objects.update(offset=begun)
    answer = send(technician, where, begun, bytes(128 * 1024))
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["text"]
    assert came(technician, where) == small_disk


def test_with_no_room_a_film_is_refused_before_it_is_sent(
    technician: Client, settings: SettingsWrapper
) -> None:
    where = address(technician, 4)
    settings.MIN_FREE_BYTES = 1 << 60
    assert begin(technician, 4).status_code == 507
    assert send(technician, where, 0, b"abcd").status_code == 507
    settings.MIN_FREE_BYTES = 0
    assert came(technician, where) == 0


def test_a_form_takes_in_the_film_that_came_by_pieces_without_a_copy(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.technician).study
    film = phantom_png(5)
    arrived = sent_whole(technician, film)
    inode = path_of(Upload.objects.get().path).stat().st_ino
    where = f"/studies/{study.public_id}/scans/"
    (said,) = technician.post(where, {"uploads": arrived}, headers=JSON).json()["films"]
    assert (said["outcome"], said["name"]) == ("received", "film.png")
    original = path_of(Scan.objects.get(sha256=hashlib.sha256(film).hexdigest()).original)
    assert original.read_bytes() == film
    assert original.stat().st_ino == inode


def test_the_form_sent_again_because_its_answer_was_lost_creates_nothing_twice(
    technician: Client, cast: Cast
) -> None:
    study = queued_scan(cast.clinic_a, cast.technician).study
    arrived = sent_whole(technician, phantom_png(5))
    where = f"/studies/{study.public_id}/scans/"
    technician.post(where, {"uploads": arrived}, headers=JSON)
    (said,) = technician.post(where, {"uploads": arrived}, headers=JSON).json()["films"]
    assert said["outcome"] == "duplicate"
    assert study.scans.count() == 2
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tasks.tidy()
    assert list(path_of("uploads").iterdir()) == []
    assert all(path_of(scan.original).exists() for scan in study.scans.all())


def test_only_a_whole_film_of_ones_own_goes_into_a_study(
    technician: Client, doctor: Client, cast: Cast
) -> None:
    study = queued_scan(cast.clinic_a, cast.technician).study
    where = f"/studies/{study.public_id}/scans/"
    half = address(technician, 10).split("/")[2]
    theirs = sent_whole(doctor, phantom_png(5))
    for identifier in (half, theirs, "no identifier", "00000000-0000-0000-0000-000000000000"):
        answer = technician.post(where, {"uploads": identifier}, headers=JSON)
        assert answer.status_code == 410
        assert "Choose it again" in answer.json()["text"]
        assert "Choose it again" in text_of(technician.post(where, {"uploads": identifier}, follow=True))
    assert study.scans.count() == 1


def test_a_film_that_is_none_is_refused_and_no_longer_on_its_way(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.technician).study
    arrived = sent_whole(technician, b"%PDF-1.7 no film")
    answer = technician.post(f"/studies/{study.public_id}/scans/", {"uploads": arrived}, headers=JSON)
    assert answer.json()["films"][0]["outcome"] == "refused"
    assert "film.png" not in text_of(technician.get("/studies/new/"))


def test_the_page_lists_what_is_on_its_way_and_discards_it(technician: Client, doctor: Client) -> None:
    where = address(technician, 200)
    send(technician, where, 0, bytes(50))
    page = text_of(technician.get("/studies/new/"))
    assert "film.png" in page
    assert "25 %" in page
    assert "film.png" not in text_of(doctor.get("/studies/new/"))
    discard = reverse("upload_discard", args=[where.split("/")[2]])
    assert doctor.post(discard).status_code == 404
    page = text_of(technician.post(discard, follow=True))
    assert "discarded" in page
    assert "film.png" not in page
    assert list(path_of("uploads").iterdir()) == []
