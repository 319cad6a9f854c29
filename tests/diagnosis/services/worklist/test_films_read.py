"""A study says how many of its films are read, and when all of them were dismissed."""

from django.utils import timezone

from diagnosis.models import Decision, Scan, ScanStatus, Study, StudyState
from diagnosis.services import lifecycle, review, worklist
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign
from tests.films import analysed_scan, queued_scan


def together(cast: Cast, *scans: Scan) -> Study:
    for scan in scans[1:]:
        Scan.objects.filter(pk=scan.pk).update(study=scans[0].study)
        scan.refresh_from_db()
    worklist.refresh(scans[0].study)
    return refreshed(scans[0])


def refreshed(scan: Scan) -> Study:
    return Study.objects.get(pk=scan.study_id)


def counts(scan: Scan) -> tuple[int, int]:
    study = refreshed(scan)
    return study.films_read, study.films_counted


def test_films_are_counted_as_they_are_read_with_or_without_the_network(cast: Cast) -> None:
    first = analysed_scan(cast.clinic_a, cast.doctor)
    second = analysed_scan(cast.clinic_a, cast.doctor, seed=1)
    third = queued_scan(cast.clinic_a, cast.doctor, seed=2)
    Scan.objects.filter(pk=third.pk).update(status=ScanStatus.REFUSED, finished_at=timezone.now())
    together(cast, first, second, third)
    assert counts(first) == (0, 3)
    sign(first, cast.doctor)
    assert counts(first) == (1, 3)
    assert refreshed(first).state == StudyState.TO_REVIEW
    sign(second, cast.doctor)
    assert refreshed(first).state == StudyState.PROBLEM, "a refused film is neither read nor dismissed"
    third.refresh_from_db()
    review.sign_off(scan=third, prediction=None, doctor=cast.doctor, decision=Decision.READ, finding="normal")
    assert counts(first) == (3, 3)
    assert refreshed(first).state == StudyState.REVIEWED


def test_a_dismissed_film_does_not_count_and_a_study_of_such_films_says_so(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.FAILED, finished_at=timezone.now())
    scan.refresh_from_db()
    assert lifecycle.set_aside(scan=scan, actor=cast.technician)
    study = refreshed(scan)
    assert (study.state, study.rank) == (StudyState.DISMISSED, worklist.RANK_DONE)
    assert counts(scan) == (0, 0)
    assert study.get_state_display() == "All films dismissed"


def test_a_study_without_any_film_has_none(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    empty = Study.objects.create(clinic=cast.clinic_a, patient=scan.study.patient)
    worklist.refresh(empty)
    assert empty.state == StudyState.EMPTY
