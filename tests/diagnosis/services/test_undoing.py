"""Whoever undoes a correction sees the film as it came, and reads it without the network."""

from accounts.models import AuditEvent
from diagnosis.models import CheckEntry, Scan, StudyState
from diagnosis.services import results, review, undoing
from tests.conftest import Cast
from tests.films import keep, phantom_png, predict, queued_scan


def corrected(cast: Cast) -> Scan:
    scan = queued_scan(cast.clinic_a, cast.technician)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    scan.refresh_from_db()
    folder = f"derived/{str(scan.public_id)[:2]}/{scan.public_id}"
    keep(f"{folder}/display.jpg", phantom_png(1))
    keep(f"{folder}/thumbnail.jpg", phantom_png(1))
    predict(scan, corrections=["rotated_180"])
    return scan


def result_of(scan: Scan) -> object:
    return results.current(Scan.objects.prefetch_related(results.with_predictions()).get(pk=scan.pk))


def test_an_undo_shows_the_film_as_it_came_and_withholds_the_answer(cast: Cast) -> None:
    scan = corrected(cast)
    assert result_of(scan) is not None
    assert undoing.undo_correction(scan=scan, person=cast.technician)
    scan.refresh_from_db()
    assert scan.display.endswith("/display.jpg")
    assert scan.thumbnail.endswith("/thumbnail.jpg")
    assert (scan.shown_corrections, scan.correction_undone_by) == ([], cast.technician)
    assert result_of(scan) is None
    study = scan.study
    study.refresh_from_db()
    assert (study.state, study.network_triage, study.network_probability) == (StudyState.TO_REVIEW, "", None)
    assert AuditEvent.objects.get(action="scan.correction_undone").facts == {"corrections": ["rotated_180"]}
    assert list(CheckEntry.objects.values_list("kind", "by")) == [
        ("undone", cast.technician.pk),
        ("corrected", None),
    ]


def test_there_is_nothing_to_undo_twice_nor_on_a_film_that_came_right(cast: Cast) -> None:
    scan = corrected(cast)
    assert undoing.undo_correction(scan=scan, person=cast.doctor)
    scan.refresh_from_db()
    assert not undoing.undo_correction(scan=scan, person=cast.doctor)
    plain = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    predict(plain)
    assert not undoing.undo_correction(scan=plain, person=cast.doctor)


def test_the_film_is_then_read_and_signed_without_the_network(cast: Cast) -> None:
    scan = corrected(cast)
    undoing.undo_correction(scan=scan, person=cast.doctor)
    scan.refresh_from_db()
    review.sign_off(scan=scan, prediction=None, doctor=cast.doctor, decision="read", finding="normal")
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.REVIEWED
