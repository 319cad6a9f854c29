"""A film that is not taken is refused in words and costs no other film."""

import io

import pytest
from django.conf import LazySettings

from accounts.models import AuditEvent
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Scan
from diagnosis.services.intake import films
from tests.conftest import Cast
from tests.diagnosis.services.intake.receiving import receive, stored_files, study_of
from tests.dicom_studies import dicom_film
from tests.films import phantom_png


def test_one_bad_file_does_not_cost_the_others(cast: Cast) -> None:
    study = study_of(cast)
    files = [("a.png", phantom_png(1)), ("b.png", b"%PDF-1.4"), ("c.png", phantom_png(1)), ("d.png", b"")]
    sent = [(io.BytesIO(content), name) for name, content in files]
    outcomes = films.receive_many(study=study, films=sent, actor=cast.technician)
    assert [outcome.name for outcome in outcomes] == ["a.png", "b.png", "c.png", "d.png"]
    assert [bool(outcome.scan) for outcome in outcomes] == [True, False, True, False]
    assert [outcome.duplicate for outcome in outcomes] == [False, False, True, False]
    assert "PDF" in outcomes[1].text
    assert "already" in outcomes[2].text
    assert study.scans.count() == 1


def test_a_dicom_film_is_none_of_these_wherever_its_stream_stands(cast: Cast) -> None:
    film = io.BytesIO(dicom_film())
    film.seek(0, io.SEEK_END)
    (outcome,) = films.receive_many(study=study_of(cast), films=[(film, "a.png")], actor=cast.technician)
    assert "DICOM film" in outcome.text
    assert not Scan.objects.exists()


def test_a_refused_film_is_on_record_without_its_name(cast: Cast) -> None:
    study = study_of(cast)
    with pytest.raises(FilmRefused) as caught:
        receive(study, cast, b"%PDF-1.4", name="Ada Phantom.PNG")
    assert str(caught.value).startswith("Ada Phantom.PNG: ")
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.subject) == ("scan.refused", f"study:{study.public_id}")
    assert event.facts == {"code": "unsupported_format", "bytes": 8, "ending": ".png"}
    assert not Scan.objects.exists()


@pytest.mark.parametrize(
    "name", ["Phantom.Ada", "film.Ada Phantom 1931", "Dr. Phantom", "Ada.Phantom", "film.äda", "film."]
)
def test_nor_with_what_follows_a_dot_in_it_if_that_is_no_ending(cast: Cast, name: str) -> None:
    with pytest.raises(FilmRefused):
        receive(study_of(cast), cast, b"%PDF-1.4", name=name)
    assert AuditEvent.objects.latest("sequence").facts["ending"] == ""


def test_a_file_over_the_limit_is_refused(cast: Cast, settings: LazySettings) -> None:
    settings.MAX_FILM_BYTES = 2 * 1024 * 1024
    with pytest.raises(FilmRefused) as caught:
        receive(study_of(cast), cast, phantom_png(1) + b"\x00" * settings.MAX_FILM_BYTES)
    assert caught.value.code == "too_many_bytes"
    assert "2 MB" in caught.value.message
    assert not stored_files(settings)


def test_the_operator_may_lower_the_number_of_pixels(cast: Cast, settings: LazySettings) -> None:
    settings.MAX_FILM_PIXELS = 1_000_000
    with pytest.raises(FilmRefused) as caught:
        receive(study_of(cast), cast, phantom_png(1))
    assert caught.value.code == "too_many_pixels"
