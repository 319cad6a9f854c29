"""While films could not be kept or analysed, none is taken, in words, and everything else goes on."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import Patient, Review, Scan, Study
from diagnosis.services.intake.upload_handler import FilmUploadHandler
from script import broker
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.conftest import computer as computer
from tests.diagnosis.api.problems import assert_problem
from tests.diagnosis.conftest import connect as connect
from tests.diagnosis.dicomweb.conftest import BOUNDARY, message
from tests.dicom_films import make_film
from tests.films import analysed_scan, phantom_png

Trouble = Callable[[str], int]


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[broker.EmbeddedBroker]:
    embedded = broker.prepare(tmp_path / "broker")
    process = embedded.start()
    yield embedded
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def trouble(
    settings: SettingsWrapper, connect: Callable[[str], None], own_broker: broker.EmbeddedBroker
) -> Trouble:
    """Breaks a part of the portal for real; returns the status that films are then answered with."""
    link = redis.Redis.from_url(own_broker.url)
    connect(own_broker.url)

    def breaks(what: str) -> int:
        if what == "less free than the reserve":
            settings.MIN_FREE_BYTES = 1 << 60
        elif what == "a data folder that takes nothing":
            settings.DATA_DIR = Path("/proc")
        elif what == "a broker that is dead":
            connect("redis://127.0.0.1:1/0")
        elif what == "a wrong password":
            connect(own_broker.url.replace(own_broker.password, "wrong"))
        else:  # a broker whose memory is full
            link.config_set("maxmemory", 1)
        return 507 if what in TROUBLES[:2] else 503

    return breaks


TROUBLES = [
    "less free than the reserve",
    "a data folder that takes nothing",
    "a broker that is dead",
    "a wrong password",
    "a broker whose memory is full",
]


def _signed_in(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def film() -> SimpleUploadedFile:
    return SimpleUploadedFile("film.png", phantom_png(7))


def stored(computer: Computer) -> Any:
    """The answer to a DICOM film by STOW-RS."""
    kind = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
    headers = {"Authorization": f"Token {computer.plain}"}
    return computer.client.post(
        reverse("dicomweb_studies"), message([make_film()]), content_type=kind, headers=headers
    )


@pytest.mark.parametrize("what", TROUBLES)
def test_no_film_is_taken_by_any_door_and_nothing_is_begun(
    cast: Cast, computer: Computer, trouble: Trouble, what: str
) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    before = [kind.objects.count() for kind in (Patient, Study, Scan)]
    status = trouble(what)
    technician = _signed_in(cast.technician)
    add, new = reverse("study_add_scans", args=[study.public_id]), reverse("study_new")
    answers = [
        technician.post(add, {"films": film()}),
        technician.post(new, {"number": "P-9", "films": film()}),
        technician.post(reverse("study_from_films"), {"dicom": film()}),
    ]
    for answer in answers:
        assert answer.status_code == status
        assert int(answer.headers["Retry-After"]) > 0
        assert "send the film again later" in answer.content.decode()
    answer = technician.post(add, {"films": film()}, headers={"accept": "application/json"})
    assert "send the film again later" in answer.json()["text"]
    for answer in (computer.submit(film()), stored(computer)):
        assert assert_problem(answer, status)["type"].endswith(":unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert [kind.objects.count() for kind in (Patient, Study, Scan)] == before


@pytest.mark.parametrize("what", TROUBLES)
def test_what_is_on_record_is_read_and_signed(
    cast: Cast, computer: Computer, trouble: Trouble, what: str
) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    doctor = _signed_in(cast.doctor)
    trouble(what)
    study = reverse("study_detail", args=[scan.study.public_id])
    for page in (reverse("worklist"), study, reverse("study_report", args=[scan.study.public_id])):
        assert doctor.get(page).status_code == 200
    assert computer.read(reverse("api_study_detail", args=[scan.study.public_id])).status_code == 200
    signed = {
        "prediction": scan.predictions.get().public_id,
        "decision": "agree",
        "study": scan.study.public_id,
    }
    assert doctor.post(reverse("scan_review", args=[scan.public_id]), signed).status_code == 302
    assert Review.objects.count() == 1


@pytest.mark.parametrize("header", [{}, {"authorization": "Token carina_wrong"}])
def test_who_has_no_token_is_told_that_and_nothing_of_the_disk(
    cast: Cast, trouble: Trouble, header: dict[str, str]
) -> None:
    trouble(TROUBLES[0])
    assert_problem(Client().post(STUDIES, {"film": film()}, headers=header), 401)


def test_the_bytes_of_a_film_are_not_even_read(cast: Cast, computer: Computer, trouble: Trouble) -> None:
    trouble(TROUBLES[0])

    class Unread:
        def read(self, *_: int) -> bytes:
            pytest.fail("the body was read")

        readline = read

    answer = Client().request(
        REQUEST_METHOD="POST",
        PATH_INFO=STUDIES,
        HTTP_AUTHORIZATION=f"Token {computer.plain}",
        CONTENT_TYPE="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str(40 * 1024**2),
        HTTP_EXPECT="100-continue",
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 507


def test_a_sender_who_does_not_wait_is_heard_out_and_nothing_is_kept(
    cast: Cast, computer: Computer, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble(TROUBLES[0])
    monkeypatch.setattr(FilmUploadHandler, "new_file", lambda *_, **__: pytest.fail("the form was read"))
    line = io.BytesIO(bytes(5_000_000))
    answer = Client().request(
        REQUEST_METHOD="POST",
        PATH_INFO=STUDIES,
        HTTP_AUTHORIZATION=f"Token {computer.plain}",
        CONTENT_TYPE="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str(5_000_000),
        **{"wsgi.input": line},
    )
    assert answer.status_code == 507
    assert line.tell() == 5_000_000, "cut off in the middle, it would not hear why"


def test_when_the_broker_takes_messages_again_films_are_taken(
    cast: Cast, computer: Computer, trouble: Trouble, own_broker: broker.EmbeddedBroker
) -> None:
    trouble("a broker whose memory is full")
    assert computer.submit(film()).status_code == 503
    redis.Redis.from_url(own_broker.url).config_set("maxmemory", 0)
    assert computer.submit(film()).status_code == 201


def test_a_film_larger_than_what_is_left_is_refused_by_its_announced_size(
    cast: Cast, computer: Computer, settings: SettingsWrapper
) -> None:
    settings.MIN_FREE_BYTES = shutil.disk_usage(settings.DATA_DIR).free - 1_000_000
    answer = Client().request(
        REQUEST_METHOD="POST",
        PATH_INFO=STUDIES,
        HTTP_AUTHORIZATION=f"Token {computer.plain}",
        CONTENT_TYPE="multipart/form-data",
        CONTENT_LENGTH=str(9 * 10**8),
        HTTP_EXPECT="100-continue",
    )
    assert answer.status_code == 507


def test_a_disk_that_fills_up_while_a_film_comes_in_by_stow_is_no_fault_of_it_either(
    cast: Cast, computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = iter([True, False])
    monkeypatch.setattr("diagnosis.services.storage.has_room", lambda size=0: next(rooms))
    answer = stored(computer)
    assert_problem(answer, 507)
    assert int(answer.headers["Retry-After"]) > 0
    assert not Study.objects.exists()


def test_a_disk_that_fills_up_while_a_film_comes_in_is_no_fault_of_the_film(
    cast: Cast, computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = iter([True, False])  # at the door, and when it is stored
    monkeypatch.setattr("diagnosis.services.storage.has_room", lambda size=0: next(rooms))
    problem = assert_problem(computer.submit(film()), 507)
    assert problem["films"][0]["code"] == "not_stored"
    assert not Study.objects.exists()
