"""A DICOM film by itself makes patient, study and film; each change is on record."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings

from accounts.audit import verify
from accounts.models import AuditEvent
from diagnosis.models import HeldFilm, Patient, Scan, ScanStatus, Study, StudyState
from diagnosis.services.intake.dicom import RECEIVED, REFUSED
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import MACHINE, send
from tests.diagnosis.services.record import actions
from tests.dicom_studies import SERIES, STUDY, dicom_film
from tests.films import phantom_png


@pytest.mark.django_db
def test_patient_study_and_film_are_made_of_the_header(cast: Cast, settings: LazySettings) -> None:
    cast.clinic_a.time_zone = "Asia/Kolkata"
    cast.clinic_a.save()
    outcome = send(cast)
    assert (outcome.outcome, outcome.code, outcome.text, outcome.is_kept) == (RECEIVED, "", "", True)
    scan = Scan.objects.select_related("study__patient").get()
    study, patient = scan.study, scan.study.patient
    assert (patient.number, patient.first_name, patient.last_name) == ("P-1", "Ada", "Phantom")
    assert (patient.birth_date, patient.sex) == ("1961-04-23", "female")
    assert (study.instance_uid, study.accession_number, study.reason) == (STUDY, "A-77", "Cough and fever")
    assert study.taken_at == datetime(2026, 3, 2, 3, 45, tzinfo=UTC), "by the clinic's clock"
    assert (study.door, study.created_by, study.state) == ("dicom", None, StudyState.WAITING)
    assert (scan.sop_instance_uid, scan.series_instance_uid) == (f"{SERIES}.1", SERIES)
    assert (scan.projection, scan.media_type, scan.width, scan.sender) == (
        "PA",
        "application/dicom",
        128,
        MACHINE,
    )
    assert scan.header["patient_number"] == "P-1"
    assert scan.status == ScanStatus.QUEUED
    assert (Path(settings.DATA_DIR) / scan.original).read_bytes() == dicom_film()
    assert scan.original.endswith(".dcm")


@pytest.mark.django_db
def test_every_row_is_vouched_for(cast: Cast) -> None:
    send(cast)
    send(cast, dicom_film(2, PatientID="P-1", PatientName="Somebody^Else"))
    assert actions()[-4:] == ["patient.created", "study.created", "scan.received", "held_film.held"]
    assert {event.actor for event in AuditEvent.objects.filter(action="scan.received")} == {MACHINE}
    named = [fault.message for fault in verify() if "scan" in fault.message or "held_film" in fault.message]
    assert named == []


@pytest.mark.django_db
def test_a_second_film_of_a_study_joins_the_first(cast: Cast) -> None:
    send(cast)
    send(cast, dicom_film(2, seed=1))
    study = Study.objects.get()
    assert study.scans.count() == study.films_counted == 2
    assert Patient.objects.count() == 1


@pytest.mark.django_db
def test_a_film_for_a_cancelled_study_puts_it_back(cast: Cast) -> None:
    study = send(cast).scan.study  # type: ignore[union-attr]
    from diagnosis.services.studies import cancel_study

    cancel_study(study=study, actor=cast.doctor, reason="By mistake")
    send(cast, dicom_film(2, seed=1))
    study.refresh_from_db()
    assert (study.cancelled_at, study.state) == (None, StudyState.WAITING)


@pytest.mark.django_db
def test_the_same_study_in_another_clinic_is_another_study(cast: Cast) -> None:
    import io

    from diagnosis.services.intake.dicom import Origin, receive_instance

    send(cast)
    other = Origin(cast.clinic_b, "dicom:ROOM1", "dicom")
    outcome = receive_instance(origin=other, film=io.BytesIO(dicom_film()), name="IM1")
    assert outcome.outcome == RECEIVED
    assert Study.objects.filter(instance_uid=STUDY).count() == 2
    assert outcome.scan is not None
    assert outcome.scan.study.patient.clinic == cast.clinic_b


@pytest.mark.django_db
def test_a_film_of_another_study_than_said_is_refused(cast: Cast) -> None:
    outcome = send(cast, study_instance_uid="1.2.3")
    assert (outcome.outcome, outcome.code) == (REFUSED, "other_study")
    assert (Scan.objects.count(), HeldFilm.objects.count(), Patient.objects.count()) == (0, 0, 0)
    assert actions()[-1] == "scan.refused"


@pytest.mark.django_db
def test_what_is_no_dicom_film_is_refused_and_on_record(cast: Cast, settings: LazySettings) -> None:
    outcome = send(cast, phantom_png(), name="Phantom Ada.png")
    assert outcome.outcome == REFUSED
    event = AuditEvent.objects.get(action="scan.refused")
    assert event.facts["ending"] == ".png"
    assert "Phantom" not in str(event.facts)
    assert not [path for path in Path(settings.DATA_DIR).rglob("*") if path.is_file()]
