"""Whoever undoes a correction sees the film as it came, and reads it without the network."""

from datetime import timedelta

from django.db.models import QuerySet

from accounts.models import AuditEvent
from diagnosis.models import CheckEntry, Prediction, Scan, ScanStatus, StudyState
from diagnosis.services import framing, results, review, undoing
from tests.conftest import Cast
from tests.films import keep, model_version, phantom_png, predict, queued_scan


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


def test_what_an_older_network_said_of_the_film_does_not_come_back_with_the_undo(cast: Cast) -> None:
    scan = corrected(cast)
    older = model_version("0.9.0", active=None)
    before = scan.predictions.get().created_at - timedelta(days=1)
    predict(scan, version="0.9.0")
    QuerySet.update(Prediction.objects.filter(model_version=older), created_at=before)
    Scan.objects.filter(pk=scan.pk).update(shown_corrections=["rotated_180"])
    scan.refresh_from_db()
    assert undoing.undo_correction(scan=scan, person=cast.doctor)
    assert result_of(scan) is None


def test_a_corrected_film_that_waits_again_can_be_shown_as_it_came(cast: Cast) -> None:
    scan = corrected(cast)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.QUEUED)
    scan.refresh_from_db()
    assert undoing.undo_correction(scan=scan, person=cast.doctor)


def test_a_heatmap_is_drawn_only_over_the_film_as_its_network_saw_it(cast: Cast) -> None:
    scan = corrected(cast)
    folder = f"derived/{str(scan.public_id)[:2]}/{scan.public_id}"
    prediction = scan.predictions.get()
    prediction.heatmap = "derived/heatmap.png"
    prediction.scan.shown_corrections = ["rotated_180"]
    assert prediction.heatmap_in_frame == "derived/heatmap.png"
    prediction.scan.shown_corrections = []
    assert prediction.heatmap_in_frame == ""
    # A network whose result is the current one again: the film is shown as that one saw it.
    keep(f"{folder}/display-corrected.jpg", phantom_png(1))
    keep(f"{folder}/thumbnail-corrected.jpg", phantom_png(1))
    Scan.objects.filter(pk=scan.pk).update(shown_corrections=[])
    framing.show_as_read(scan.study)
    scan.refresh_from_db()
    assert scan.shown_corrections == ["rotated_180"]
    assert scan.display.endswith("/display-corrected.jpg")
