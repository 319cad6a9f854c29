"""Many films over a slow line: each arrives by pieces, and the list takes it by its identifier."""

import io
import zipfile

import pytest
from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from accounts.models import Role
from diagnosis.models import BatchState, Upload
from diagnosis.services import batches, storage
from tests.accounts.joining import switched
from tests.conftest import Cast
from tests.diagnosis.services.intake.drafts import rows
from tests.diagnosis.views.intake.form import JSON, film
from tests.diagnosis.views.intake.pieces import address, begin, send, sent_whole
from tests.diagnosis.views.pages import text_of
from tests.films import phantom_png

pytestmark = pytest.mark.django_db

PAGE = "/studies/batch/"
ADD = f"{PAGE}add/"


def test_a_film_that_came_by_pieces_becomes_a_row_without_a_copy(technician: Client, cast: Cast) -> None:
    arrived = sent_whole(technician, phantom_png(5))
    inode = storage.path_of(Upload.objects.get().path).stat().st_ino
    (said,) = technician.post(ADD, {"uploads": arrived}, headers=JSON).json()["films"]
    (row,) = rows(cast.technician)
    assert (row.name, row.state) == ("film.png", BatchState.DRAFT)
    assert str(row.public_id) in said["address"]
    assert "film.png" in said["row"]
    assert batches.path_of(row).read_bytes() == phantom_png(5)
    assert batches.path_of(row).stat().st_ino == inode
    assert Upload.objects.get().taken_at is not None


def test_named_again_because_the_answer_was_lost_it_is_one_row(technician: Client, cast: Cast) -> None:
    arrived = sent_whole(technician, phantom_png(5))
    first, again = (
        technician.post(ADD, {"uploads": arrived}, headers=JSON).json()["films"][0] for _ in range(2)
    )
    assert again["address"] == first["address"]
    assert "in the list already" in again["text"]
    assert again["known"]
    assert not first["known"]
    assert len(rows(cast.technician)) == 1


def test_the_same_film_under_another_name_is_told_by_name(technician: Client, cast: Cast) -> None:
    first, other = (sent_whole(technician, phantom_png(5), name=name) for name in ("P-1.png", "P-2.png"))
    technician.post(ADD, {"uploads": first}, headers=JSON)
    (said,) = technician.post(ADD, {"uploads": other}, headers=JSON).json()["films"]
    assert "as P-1.png" in said["text"]
    assert not said["known"], "two numbers for one picture: somebody has to look"


def test_a_zip_that_came_by_pieces_is_taken_apart(technician: Client, cast: Cast) -> None:
    parcel = io.BytesIO()
    with zipfile.ZipFile(parcel, "w") as archive:
        for name, content in (("P-1.png", phantom_png(1)), ("P-2.png", phantom_png(2)), ("a.pdf", b"%PDF")):
            archive.writestr(name, content)
    arrived = sent_whole(technician, parcel.getvalue())
    technician.post(ADD, {"uploads": arrived}, headers=JSON)
    assert [row.state for row in rows(cast.technician)] == ["draft", "draft", "refused"]


def test_files_of_the_form_are_taken_beside_it(technician: Client, cast: Cast) -> None:
    arrived = sent_whole(technician, phantom_png(5))
    page = technician.post(ADD, {"uploads": arrived, "films": [film(1, "P-1.png")]}, follow=True)
    assert "2 films added to the list." in text_of(page)
    assert len(rows(cast.technician)) == 2


def test_only_a_whole_film_of_ones_own_comes_into_the_list(
    technician: Client, doctor: Client, cast: Cast
) -> None:
    half = address(technician, 10).split("/")[2]
    theirs = sent_whole(doctor, phantom_png(5))
    for identifier in (half, theirs, "no identifier", "00000000-0000-0000-0000-000000000000"):
        answer = technician.post(ADD, {"uploads": identifier}, headers=JSON)
        assert answer.status_code == 410
        assert "Choose it again" in answer.json()["text"]
        assert "Choose it again" in text_of(technician.post(ADD, {"uploads": identifier}, follow=True))
    assert rows(cast.technician) == []


def test_a_film_begun_for_another_clinic_does_not_come_into_this_ones_list(
    technician: Client, cast: Cast
) -> None:
    opened = str(cast.technician.clinic.public_id)  # type: ignore[union-attr]  # a technician has one
    arrived = sent_whole(technician, phantom_png(5))
    switched(cast, cast.technician, Role.TECHNICIAN)
    told = {"uploads": arrived, "opened_in": opened}
    assert "opened for another clinic" in technician.post(ADD, told, headers=JSON).json()["text"]
    assert technician.post(ADD, {"uploads": arrived}, headers=JSON).status_code == 410
    assert rows(cast.technician) == []
    assert Upload.objects.get().taken_at is None, "it waits in the clinic for which it was begun"


def test_as_many_as_one_likes_come_one_after_the_other(
    technician: Client, cast: Cast, settings: SettingsWrapper
) -> None:
    films = [phantom_png(seed) for seed in range(1, 5)]
    settings.MAX_REQUEST_BYTES = max(map(len, films)) + 1
    for content in films:
        arrived = sent_whole(technician, content)
        assert technician.post(ADD, {"uploads": arrived}, headers=JSON).status_code == 200
    assert len(rows(cast.technician)) == 4
    assert sum(len(content) for content in films) > settings.MAX_REQUEST_BYTES
    assert begin(technician, 1).status_code == 201


def test_on_a_full_disk_what_came_by_pieces_waits_for_another_try(
    technician: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived = sent_whole(technician, phantom_png(5))
    with monkeypatch.context() as full:
        full.setattr(batches, "keep_film", _no_room)
        answer = technician.post(ADD, {"uploads": arrived}, headers=JSON)
    assert answer.status_code == 507
    assert "could not store" in answer.json()["text"]
    assert "film.png" in text_of(technician.get(PAGE)), "it is still on its way"
    assert technician.post(ADD, {"uploads": arrived}, headers=JSON).status_code == 200
    assert len(rows(cast.technician)) == 1


def _no_room(*_: object) -> str:
    raise storage.no_room()


def test_the_page_lists_what_is_on_its_way_and_discarding_leads_back(technician: Client) -> None:
    where = address(technician, 200)
    send(technician, where, 0, bytes(50))
    page = technician.get(PAGE)
    assert "25 % of" in text_of(page)
    assert 'name="page" value="batch"' in page.content.decode()
    answer = technician.post(f"{where}discard/", {"page": "batch"}, follow=True)
    assert answer.redirect_chain[-1][0] == PAGE
    assert "discarded" in text_of(answer)
    assert "film.png" not in text_of(answer)


def test_a_page_of_somebody_elses_is_not_led_to(technician: Client) -> None:
    where = address(technician, 200)
    answer = technician.post(f"{where}discard/", {"page": "https://example.org/"})
    assert answer.headers["Location"] == "/studies/new/"
