"""A film that is busy, gone already or contradicted by a name is not moved."""

import pytest

from diagnosis.models import Decision, Patient, Scan, ScanStatus, Study
from diagnosis.services import lifecycle, patients, review, studies
from tests.conftest import Cast
from tests.films import analysed_scan, promoted, queued_scan


@pytest.mark.parametrize("status", [ScanStatus.QUEUED, ScanStatus.ANALYSING])
def test_a_film_that_is_being_analysed_stays(cast: Cast, status: str) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.update(status=status)
    with pytest.raises(studies.MoveRefused, match="being analysed"):
        studies.move_film(scan=scan, number="1243", actor=cast.technician)
    assert Study.objects.count() == Patient.objects.count() == 1


def test_names_that_contradict_the_number_move_nothing(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    Patient.objects.create(clinic=cast.clinic_a, number="1243", last_name="Right")
    with pytest.raises(patients.PatientMismatch):
        studies.move_film(scan=scan, number="1243", last_name="Wrong", actor=cast.technician)
    with pytest.raises(studies.MoveRefused, match="already"):
        studies.move_film(scan=scan, number="1234", actor=cast.technician)
    assert Study.objects.get().scans.get() == scan


def test_whoever_still_holds_the_film_as_it_was_changes_nothing(cast: Cast) -> None:
    """Another person's click that was on its way while the film moved: the wrong study would be locked."""
    held = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    studies.move_film(scan=held, number="1243", actor=cast.technician)
    prediction = held.predictions.get()
    with pytest.raises(studies.MoveRefused, match="moved in the meantime"):
        studies.move_film(scan=held, number="1250", actor=cast.technician)
    with pytest.raises(review.ReviewRefused, match="moved to another patient"):
        review.sign_off(scan=held, prediction=prediction, doctor=cast.doctor, decision=Decision.AGREE)
    promoted("2.0.0")
    assert not lifecycle.reanalyse(scan=held, actor=cast.doctor)
    Scan.objects.update(status=ScanStatus.FAILED)
    assert not lifecycle.set_aside(scan=held, actor=cast.doctor)
