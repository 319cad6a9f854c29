"""A film reaches an archive by STOW-RS; what goes wrong is said in words, without the credentials."""

import io
import logging

import pytest
from pydicom import dcmread

from diagnosis.models import Archive, Delivery, DeliveryState, Scan
from diagnosis.services import delivery
from diagnosis.services.delivery.stow import is_safe
from tests.conftest import Cast
from tests.diagnosis.services.delivery.conftest import Stow, web_archive
from tests.films import queued_scan

pytestmark = pytest.mark.django_db


def sent(cast: Cast, stow: Stow, scan: Scan | None = None) -> Delivery:
    scan = scan or queued_scan(cast.clinic_a, cast.doctor)
    archive = web_archive(cast.clinic_a, stow.url)
    delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    return Delivery.objects.get()


def test_the_film_arrives_whole_in_one_part(cast: Cast, stow: Stow) -> None:
    row = sent(cast, stow)
    assert (row.state, row.reason) == (DeliveryState.DELIVERED, "Web has the film (status 200).")
    path, headers, body = stow.requests[0]
    assert path == "/dicom-web/studies"
    assert headers["Authorization"] == "Bearer secret-word"
    assert headers["Content-Type"].startswith('multipart/related; type="application/dicom"; boundary=')
    mark = headers["Content-Type"].partition("boundary=")[2].encode()
    head, _, rest = body.partition(b"\r\n\r\n")
    assert head == b"--" + mark + b"\r\nContent-Type: application/dicom"
    film = dcmread(io.BytesIO(rest.removesuffix(b"\r\n--" + mark + b"--\r\n")))
    assert film.SOPInstanceUID == row.sop_instance_uid


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (500, DeliveryState.WAITING, "answered as no archive does"),
        (503, DeliveryState.WAITING, "it is busy"),
        (401, DeliveryState.WAITING, "does not know the credentials"),
        (301, DeliveryState.WAITING, "answered as no archive does"),
        (400, DeliveryState.FAILED, "could not read the request"),
        (415, DeliveryState.FAILED, "does not take DICOM files"),
    ],
)
def test_what_the_archive_answers_stands_on_the_row(
    cast: Cast, stow: Stow, caplog: pytest.LogCaptureFixture, status: int, state: str, words: str
) -> None:
    caplog.set_level(logging.DEBUG)
    stow.status, stow.headers = status, {"Location": "http://127.0.0.1:1/elsewhere"}
    row = sent(cast, stow)
    assert row.state == state
    assert words in row.reason
    assert len(stow.requests) == 1, "no redirect is followed"
    assert "secret-word" not in row.reason + caplog.text


def test_a_film_that_the_archive_names_as_failed_is_not_delivered(cast: Cast, stow: Stow) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    stow.refuse(scan.sop_instance_uid, 0x0122, status=202)
    row = sent(cast, stow, scan)
    assert row.state == DeliveryState.FAILED
    assert "reason 0x0122" in row.reason


def test_a_film_that_the_archive_has_counts_as_delivered(cast: Cast, stow: Stow) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    stow.refuse(scan.sop_instance_uid, 0x0111)
    assert sent(cast, stow, scan).state == DeliveryState.DELIVERED


def test_an_endless_answer_is_not_read_to_its_end(cast: Cast, stow: Stow) -> None:
    stow.most_padding = 200_000_000
    assert sent(cast, stow).state == DeliveryState.DELIVERED
    assert stow.padding_sent < 50_000_000, "the connection was closed: what lay in its buffers, no more"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://pacs.example/dicom-web", True),
        ("http://127.0.0.1:8042/dicom-web", True),
        ("http://pacs.example/dicom-web", False),
        ("file:///etc/passwd", False),
        ("https://user:word@pacs.example/", False),
        ("https://pacs.example/x?y=1", False),
        ("https://pacs.example:port/", False),
        ("", False),
    ],
)
def test_films_go_by_https_alone(url: str, safe: bool) -> None:
    assert is_safe(url) is safe


def test_an_address_without_https_gets_nothing(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    archive = web_archive(cast.clinic_a, "http://pacs.example/dicom-web")
    delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    delivery.deliver_due(seconds=60)
    assert "must begin with https://" in Delivery.objects.get().reason


def test_the_connection_is_tried_by_a_search_that_finds_nobody(cast: Cast, stow: Stow) -> None:
    assert delivery.try_archive(web_archive(cast.clinic_a, stow.url))[0]
    assert stow.requests[0][0].startswith("/dicom-web/studies?StudyInstanceUID=2.25.")
    stow.status = 401
    worked, said = delivery.try_archive(Archive.objects.get())
    assert not worked
    assert "does not know the credentials" in said
