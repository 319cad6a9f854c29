"""What a person may have here by pieces, in whatever clinic it was begun; where it is listed."""

from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import Upload
from diagnosis.services.storage import path_of
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import JSON
from tests.diagnosis.views.intake.pieces import PIECE, VERSION, address, begin, send, sent_whole
from tests.diagnosis.views.pages import text_of
from tests.films import queued_scan


def test_a_whole_film_gets_no_more_time_by_empty_pieces(technician: Client) -> None:
    where = address(technician, 4)
    send(technician, where, 0, b"abcd")
    ends = Upload.objects.get().expires_at
    for offset, status in ((4, 204), (3, 409)):
        told = VERSION | {"Upload-Offset": str(offset)}
        answer = technician.generic("PATCH", where, headers=told, CONTENT_TYPE=PIECE)
        assert answer.status_code == status
    assert Upload.objects.get().expires_at == ends


def test_what_a_form_took_makes_room_for_new_films_the_oldest_first(
    technician: Client, cast: Cast, settings: SettingsWrapper
) -> None:
    study = queued_scan(cast.clinic_a, cast.technician).study
    first, second = sent_whole(technician, b"%PDF no film, 1"), sent_whole(technician, b"%PDF no film, 2")
    for arrived in (first, second):
        technician.post(f"/studies/{study.public_id}/scans/", {"uploads": arrived}, headers=JSON)
    settings.MAX_REQUEST_BYTES = 40
    assert begin(technician, 41).status_code == 413
    assert len(list(path_of("uploads").iterdir())) == 2, "what is refused makes no room"
    third = address(technician, 20).split("/")[2]
    assert {file.name for file in path_of("uploads").iterdir()} == {second, third}
    assert {str(row.public_id) for row in Upload.objects.all()} == {second, third}
    assert begin(technician, 21).status_code == 413
    assert begin(technician, 20).status_code == 201
    assert sum(row.length for row in Upload.objects.all()) == 40


def test_films_on_their_way_stand_where_they_were_begun_and_count_everywhere(
    technician: Client, cast: Cast, settings: SettingsWrapper
) -> None:
    settings.MAX_REQUEST_BYTES = 10
    where = address(technician, 6)
    cast.technician.clinic = cast.clinic_b
    cast.technician.save()
    assert "film.png" not in text_of(technician.get("/studies/new/"))
    assert technician.head(where, headers=VERSION).status_code == 404
    refused = begin(technician, 5)
    assert refused.status_code == 413
    assert "another clinic" in refused.json()["text"]
    cast.technician.clinic = cast.clinic_a
    cast.technician.save()
    assert "film.png" in text_of(technician.get("/studies/new/"))
    assert "another clinic" not in begin(technician, 5).json()["text"]
