"""Case 12: the same bytes again are no second film; the same identifier with other bytes is refused."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from diagnosis.models import HeldFilm, Scan
from diagnosis.services.intake.dicom import CONFLICT, DUPLICATE, HELD, RECEIVED
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.diagnosis.services.record import actions
from tests.dicom_studies import dicom_film


def kept(settings: LazySettings) -> list[bytes]:
    return [path.read_bytes() for path in Path(settings.DATA_DIR).rglob("*.dcm")]


@pytest.mark.django_db
def test_case_12_the_same_bytes_are_on_record_once(cast: Cast, settings: LazySettings) -> None:
    first, again = send(cast), send(cast)
    assert (first.outcome, again.outcome, again.is_kept) == (RECEIVED, DUPLICATE, True)
    assert again.scan == first.scan
    assert Scan.objects.count() == 1
    assert kept(settings) == [dicom_film()]
    assert actions()[-1] == "scan.received_again"


@pytest.mark.django_db
def test_case_12_other_bytes_under_one_identifier_are_refused_and_the_first_kept(
    cast: Cast, settings: LazySettings
) -> None:
    send(cast)
    outcome = send(cast, dicom_film(seed=1))
    assert (outcome.outcome, outcome.code, outcome.is_kept) == (CONFLICT, "uid_taken", False)
    assert Scan.objects.count() == 1
    assert kept(settings) == [dicom_film()]
    assert actions()[-1] == "scan.conflict"


@pytest.mark.django_db
def test_case_12_a_held_film_counts_as_the_first_too(cast: Cast, settings: LazySettings) -> None:
    nameless = dicom_film(PatientID="")
    assert send(cast, nameless).outcome == HELD
    again = send(cast, nameless)
    assert (again.outcome, again.held) == (DUPLICATE, HeldFilm.objects.get())
    assert send(cast, dicom_film(PatientID="", seed=1)).outcome == CONFLICT
    assert send(cast, dicom_film()).outcome == CONFLICT
    assert kept(settings) == [nameless]


@pytest.mark.django_db
def test_a_duplicate_needs_no_room_on_the_disk(cast: Cast, settings: LazySettings) -> None:
    send(cast)
    settings.MIN_FREE_BYTES = 2**60
    assert send(cast).outcome == DUPLICATE
