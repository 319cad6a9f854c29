"""A film that is not taken costs no other; where none is taken, nothing is made."""

from pathlib import Path

from django.conf import LazySettings

from diagnosis.models import Scan
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.submit.made import PDF, actions, assert_nothing_was_made, assert_problem


def test_a_refused_film_does_not_cost_the_others(computer: Computer, film) -> None:
    response = computer.submit(film(1), film(name="letter.png", content=PDF))
    assert response.status_code == 201
    kept, refused = response.json()["films"]
    assert kept["outcome"] == "received"
    assert (refused["name"], refused["outcome"]) == ("letter.png", "refused")
    assert refused["code"] == "unsupported_format"
    assert "PDF" in refused["message"]
    assert Scan.objects.count() == 1
    assert actions()[-1] == "scan.refused"


def test_when_all_films_are_refused_nothing_is_left(computer: Computer, film) -> None:
    response = computer.submit(film(name="a.png", content=PDF), film(name="b.png", content=b""), key="1")
    body = assert_problem(response, 422, "films_refused")
    assert [one["code"] for one in body["films"]] == ["unsupported_format", "empty"]
    assert_nothing_was_made()
    assert actions() == ["scan.refused", "scan.refused"]


def test_without_a_film_nothing_is_made(computer: Computer) -> None:
    body = assert_problem(computer.submit(), 400, "invalid")
    assert list(body["errors"]) == ["film"]
    assert_nothing_was_made()


def test_an_oversized_film_is_dropped_on_the_way_and_the_others_are_kept(
    computer: Computer, film, settings: LazySettings, tmp_path: Path
) -> None:
    settings.MAX_FILM_BYTES = 3 * 1024 * 1024
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    huge = film(name="huge.png", content=film(2).read() + b"\x00" * 8 * 1024 * 1024)
    response = computer.submit(huge, film(1))
    assert response.status_code == 201
    refused, kept = response.json()["films"]
    assert (refused["name"], refused["code"]) == ("huge.png", "too_many_bytes")
    assert kept["outcome"] == "received"
