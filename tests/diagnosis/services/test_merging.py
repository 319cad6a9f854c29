"""An administrator makes two records of one person one; both keep their history, and it can be undone."""

import threading
from typing import Any

import pytest
from django.db import connection

from accounts.models import AuditEvent, User
from diagnosis.models import HeldFilm, Patient, PatientMerge, Study
from diagnosis.services import merging, patients, reconcile, studies
from diagnosis.services.intake.dicom import RECEIVED
from diagnosis.services.merging import MergeRefused
from diagnosis.services.patients import PatientMismatch
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.diagnosis.services.patients.numbers import patient
from tests.dicom_studies import STUDY, dicom_film
from tests.films import analysed_scan


def two(cast: Cast) -> tuple[Study, Study]:
    return (
        analysed_scan(cast.clinic_a, cast.doctor, number="7", seed=1).study,
        analysed_scan(cast.clinic_a, cast.doctor, number="007", seed=2).study,
    )


def merge(
    cast: Cast, old: Patient, new: Patient, by: User | None = None, reason: str = "Ada"
) -> PatientMerge:
    return merging.merge_patients(patient=old, into=new, actor=by or cast.administrator, reason=reason)


def home(study: Study) -> Patient:
    return Study.objects.get(pk=study.pk).patient


def test_the_studies_move_and_all_records_say_so(cast: Cast) -> None:
    one, other = two(cast)
    merge(cast, other.patient, one.patient, reason="Ada Phantom was entered twice")
    assert home(other) == home(one) == one.patient
    assert Patient.objects.count() == 2
    assert Study.objects.get(pk=other.pk).changed_at > other.changed_at, "open worklists look again by this"
    events = AuditEvent.objects.filter(action__in=["patient.merged", "study.refiled"]).order_by("sequence")
    assert [(event.action, event.subject) for event in events] == [
        ("study.refiled", f"study:{other.public_id}"),
        ("patient.merged", f"patient:{other.patient.public_id}"),
        ("patient.merged", f"patient:{one.patient.public_id}"),
    ]
    assert "Phantom" not in str([event.facts for event in events])
    stored = PatientMerge.objects.get()
    assert (stored.merged_by, stored.reason) == (cast.administrator, "Ada Phantom was entered twice")


def test_the_old_number_leads_to_the_kept_record_from_then_on(cast: Cast) -> None:
    one, other = two(cast)
    merge(cast, other.patient, one.patient)
    assert patient(cast, "007", last_name="Phantom") == one.patient
    assert patient(cast, "7") == one.patient
    with pytest.raises(PatientMismatch):
        patient(cast, "007", last_name="Other")


def test_it_can_be_undone(cast: Cast) -> None:
    one, other = two(cast)
    merge(cast, other.patient, one.patient)
    later = analysed_scan(cast.clinic_a, cast.doctor, number="7", seed=3).study
    assert merging.undo_merge(patient=other.patient, actor=cast.administrator) == other.patient
    assert (home(one), home(other), home(later)) == (one.patient, other.patient, one.patient)
    assert patient(cast, "007") == other.patient
    with pytest.raises(MergeRefused):
        merging.undo_merge(patient=other.patient, actor=cast.administrator)
    merge(cast, other.patient, one.patient)
    assert AuditEvent.objects.filter(action="patient.unmerged").count() == 2


def test_what_cannot_be_is_refused_and_changes_nothing(cast: Cast) -> None:
    one, other = two(cast)
    third = patient(cast, "8")
    theirs = patients.find_or_create_patient(clinic=cast.clinic_b, number="7", actor=cast.stranger)
    for old, new, by, reason in [
        (other.patient, one.patient, cast.doctor, "x"),
        (other.patient, one.patient, cast.other_administrator, "x"),
        (other.patient, theirs, cast.administrator, "x"),
        (other.patient, other.patient, cast.administrator, "x"),
        (other.patient, one.patient, cast.administrator, " "),
    ]:
        with pytest.raises(MergeRefused):
            merge(cast, old, new, by, reason)
    assert home(other) == other.patient
    merge(cast, other.patient, one.patient)
    for old, new in [(other.patient, third), (third, other.patient)]:
        with pytest.raises(MergeRefused):
            merge(cast, old, new)


def test_a_chain_of_merges_is_parted_from_its_end(cast: Cast) -> None:
    one, other = two(cast)
    third = patient(cast, "8")
    merge(cast, other.patient, one.patient)
    merge(cast, one.patient, third)
    assert home(other) == home(one) == third
    assert patient(cast, "007") == third
    with pytest.raises(MergeRefused):
        merging.undo_merge(patient=other.patient, actor=cast.administrator)
    merging.undo_merge(patient=one.patient, actor=cast.administrator)
    merging.undo_merge(patient=other.patient, actor=cast.administrator)
    assert (home(one), home(other)) == (one.patient, other.patient)


def test_what_came_for_the_merged_number_meanwhile_goes_back_with_it(cast: Cast) -> None:
    old, new = patient(cast, "P-1"), patient(cast, "P-9")
    merge(cast, old, new)
    send(cast, dicom_film(1))
    send(cast, dicom_film(2, seed=2, PatientID="P-9", StudyInstanceUID="1.2.9", PatientName="Phantom^Ada"))
    assert {study.patient for study in Study.objects.all()} == {new}
    merging.undo_merge(patient=old, actor=cast.administrator)
    assert Study.objects.get(instance_uid=STUDY).patient == old
    assert Study.objects.get(instance_uid="1.2.9").patient == new
    assert AuditEvent.objects.filter(action="study.refiled").count() == 1


def test_what_a_person_filed_meanwhile_stays_where_they_filed_it(cast: Cast) -> None:
    old, new = patient(cast, "P-1"), patient(cast, "P-9", last_name="Phantom")
    merge(cast, old, new)
    assert send(cast, dicom_film(1, PatientName="Other^Eva")).held is not None
    filed = reconcile.file_on_record(held=HeldFilm.objects.get(), actor=cast.doctor)
    merging.undo_merge(patient=old, actor=cast.administrator)
    assert home(filed) == new


@pytest.mark.django_db(transaction=True)
def test_a_film_that_comes_in_during_a_merge_is_the_kept_record_s(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(cast, dicom_film(9, seed=9, StudyInstanceUID="1.2.9"))
    old, new = patient(cast, "P-1"), patient(cast, "P-9")
    merged = threading.Event()

    def run() -> None:
        try:
            merge(cast, old, new)
        finally:
            merged.set()
            connection.close()

    other, place = threading.Thread(target=run), studies.place_study

    def place_late(**facts: Any) -> Any:
        other.start()
        merged.wait(1)  # where it does not wait for us, it is through by then
        return place(**facts)

    monkeypatch.setattr(studies, "place_study", place_late)
    assert send(cast, dicom_film(1)).outcome == RECEIVED
    other.join()
    assert {study.patient for study in Study.objects.all()} == {new}
