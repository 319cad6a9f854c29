"""Films that contradict the record: a person says whose each is, and it goes on like any other."""

import io
import threading

import pytest
from django.db import connection

from accounts.audit import verify
from accounts.models import AuditEvent
from diagnosis.models import Door, HeldFilm, HeldOutcome, Patient, Scan, ScanStatus, Study
from diagnosis.services import patients, reconcile, storage
from diagnosis.services.intake.dicom import CONFLICT, DUPLICATE, HELD, RECEIVED, Origin, receive_instance
from diagnosis.services.patients import PatientMismatch
from diagnosis.services.reconcile import NotSettled
from tests.conftest import Cast
from tests.diagnosis.services.record import actions
from tests.dicom_studies import SERIES, STUDY, dicom_film


def sent(cast: Cast, content: bytes) -> str:
    origin = Origin(cast.clinic_a, "dicom:ROOM1", Door.DICOM)
    return receive_instance(origin=origin, film=io.BytesIO(content), name="IM1").outcome


def held_film(cast: Cast, **tags: str) -> HeldFilm:
    """A film that says P-1 is somebody else than on record."""
    sent(cast, dicom_film(1))
    named = {"StudyInstanceUID": "1.2.3", "PatientName": "Phantom^Eva"} | tags
    assert sent(cast, dicom_film(2, seed=1, **named)) == HELD
    return HeldFilm.objects.get()


def faults() -> list[str]:
    return [fault.message for fault in verify()]


@pytest.mark.django_db
def test_a_film_filed_under_the_patient_on_record_waits_for_its_analysis(cast: Cast) -> None:
    held = held_film(cast)
    study = reconcile.file_on_record(held=held, actor=cast.doctor)
    held.refresh_from_db()
    patient = Patient.objects.get()
    assert (study.patient, patient.first_name) == (patient, "Ada")
    assert (study.instance_uid, study.accession_number, study.door) == ("1.2.3", "A-77", Door.DICOM)
    scan = study.scans.get()
    assert (held.outcome, held.settled_by, held.scan) == (HeldOutcome.FILED, cast.doctor, scan)
    assert (scan.status, scan.sop_instance_uid, scan.sender) == (
        ScanStatus.QUEUED,
        f"{SERIES}.2",
        "dicom:ROOM1",
    )
    assert (scan.original, scan.sha256, scan.projection) == (held.original, held.sha256, "PA")
    study.refresh_from_db()
    assert study.state == "waiting"
    assert actions()[-3:] == ["study.created", "scan.received", "held_film.filed"]
    assert AuditEvent.objects.latest("sequence").actor == cast.doctor.email
    assert AuditEvent.objects.latest("sequence").study_id == str(study.public_id)
    assert [fault for fault in faults() if "held_film" in fault or "scan" in fault] == []


@pytest.mark.django_db(transaction=True)
def test_the_workers_hear_of_a_film_that_was_filed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from diagnosis.services import messenger

    told: list[str] = []
    monkeypatch.setattr(messenger, "announce", lambda: told.append("one"))
    held = held_film(cast)
    told.clear()
    reconcile.file_on_record(held=held, actor=cast.doctor)
    assert told == ["one"]


@pytest.mark.django_db
def test_a_film_filed_under_a_new_number_makes_a_patient(cast: Cast) -> None:
    held = held_film(cast)
    study = reconcile.file_under(held=held, number="P-2", actor=cast.doctor, first_name="Eva")
    assert (study.patient.number, study.patient.first_name) == ("P-2", "Eva")
    assert Patient.objects.count() == 2
    assert "patient.created" in actions()


@pytest.mark.django_db
def test_a_number_of_somebody_else_is_refused_again(cast: Cast) -> None:
    held = held_film(cast)
    with pytest.raises(PatientMismatch):
        reconcile.file_under(held=held, number="P-1", actor=cast.doctor, first_name="Eva")
    held.refresh_from_db()
    assert held.outcome == HeldOutcome.WAITING


@pytest.mark.django_db
def test_case_11_a_study_of_another_patient_stays_theirs(cast: Cast) -> None:
    sent(cast, dicom_film(1))
    assert sent(cast, dicom_film(2, seed=1, PatientID="P-2", PatientName="Other^Eva")) == HELD
    study = reconcile.file_under(held=HeldFilm.objects.get(), number="P-2", actor=cast.doctor)
    assert study.instance_uid != STUDY
    assert Study.objects.get(instance_uid=STUDY).patient.number == "P-1"
    assert (study.patient.number, study.scans.count()) == ("P-2", 1)


@pytest.mark.django_db
def test_case_11_a_film_of_the_study_after_all_joins_it(cast: Cast) -> None:
    sent(cast, dicom_film(1))
    assert sent(cast, dicom_film(2, seed=1, PatientID="P-2", PatientName="Other^Eva")) == HELD
    study = reconcile.file_on_record(held=HeldFilm.objects.get(), actor=cast.doctor)
    assert (study.instance_uid, study.scans.count(), Study.objects.count()) == (STUDY, 2, 1)


@pytest.mark.django_db
def test_a_rejected_film_is_kept_and_can_be_taken_up_again(cast: Cast) -> None:
    held = held_film(cast)
    with pytest.raises(NotSettled):
        reconcile.reject(held=held, actor=cast.doctor, reason=" ")
    reconcile.reject(held=held, actor=cast.doctor, reason="A test film")
    held.refresh_from_db()
    assert (held.outcome, held.reason, held.settled_by) == (HeldOutcome.REJECTED, "A test film", cast.doctor)
    again = dicom_film(2, seed=1, StudyInstanceUID="1.2.3", PatientName="Phantom^Eva")
    assert sent(cast, again) == DUPLICATE, "nothing twice"
    assert reconcile.waiting(HeldFilm.objects.all()).count() == 0
    reconcile.take_up_again(held=held, actor=cast.administrator)
    assert reconcile.waiting(HeldFilm.objects.all()).count() == 1
    assert actions()[-1] == "held_film.reopened"
    assert "A test film" not in str(list(AuditEvent.objects.values_list("facts", flat=True)))
    assert [fault for fault in faults() if "held_film" in fault] == []


@pytest.mark.django_db
def test_a_corrected_film_may_follow_a_rejected_one_with_its_identifier(cast: Cast) -> None:
    held = held_film(cast)
    corrected = dicom_film(2, seed=1, StudyInstanceUID="1.2.3")
    assert sent(cast, corrected) == CONFLICT
    reconcile.reject(held=held, actor=cast.doctor, reason="Wrong name; sent again")
    assert sent(cast, corrected) == RECEIVED
    with pytest.raises(NotSettled, match="identifier"):
        reconcile.take_up_again(held=held, actor=cast.doctor)


@pytest.mark.django_db
def test_a_film_is_settled_once(cast: Cast) -> None:
    held = held_film(cast)
    reconcile.file_on_record(held=held, actor=cast.doctor)
    for settle in (
        lambda: reconcile.file_on_record(held=held, actor=cast.colleague),
        lambda: reconcile.reject(held=held, actor=cast.colleague, reason="x"),
        lambda: reconcile.take_up_again(held=held, actor=cast.colleague),
    ):
        with pytest.raises(NotSettled):
            settle()
    assert Scan.objects.count() == 2


@pytest.mark.django_db
def test_a_film_that_contradicts_nobody_needs_a_name(cast: Cast) -> None:
    assert sent(cast, dicom_film(PatientID="")) == HELD
    with pytest.raises(NotSettled):
        reconcile.file_on_record(held=HeldFilm.objects.get(), actor=cast.doctor)


@pytest.mark.django_db
def test_a_film_goes_to_the_record_that_its_patient_was_merged_into(cast: Cast) -> None:
    from diagnosis.services.merging import merge_patients

    held = held_film(cast)
    into = patients.find_or_create_patient(clinic=cast.clinic_a, number="P-9", actor=cast.doctor)
    merge_patients(patient=Patient.objects.get(number="P-1"), into=into, actor=cast.administrator, reason="x")
    assert reconcile.file_on_record(held=held, actor=cast.doctor).patient == into


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_settle_it_once(cast: Cast) -> None:
    held = held_film(cast)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def run(number: str) -> None:
        try:
            start.wait()
            reconcile.file_under(held=held, number=number, actor=cast.doctor)
            outcomes.append("filed")
        except NotSettled:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in ("P-2", "P-3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["filed", "too late"]
    assert (Scan.objects.count(), Patient.objects.count()) == (2, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("settled", ["", "rejected", "filed"])
def test_the_file_of_a_held_film_is_compared_like_any_other(cast: Cast, settled: str) -> None:
    held = held_film(cast)
    if settled == "rejected":
        reconcile.reject(held=held, actor=cast.doctor, reason="Test film")
    elif settled == "filed":
        reconcile.file_on_record(held=held, actor=cast.doctor)
    held.refresh_from_db()
    assert list(storage.originals_that_differ(read_all=True)) == []
    path = storage.path_of(held.original)
    path.write_bytes(bytes(path.stat().st_size))
    whose = f"scan {held.scan.public_id}" if held.scan else f"held film {held.public_id}"
    changed = f"{whose}: its file is not the one that was received ({held.original})"
    assert list(storage.originals_that_differ(read_all=True)) == [changed]
    assert list(storage.originals_that_differ(read_all=False)) == []
    path.unlink()
    missing = f"{whose}: its file is missing below DATA_DIR ({held.original})"
    assert list(storage.originals_that_differ(read_all=False)) == [missing]
