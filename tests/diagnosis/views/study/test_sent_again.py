"""What a sender says otherwise of a film that is on record, and to whom a file belongs, is seen by people."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Patient, Scan
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.diagnosis.views.pages import page_of, text_of
from tests.dicom_studies import dicom_film
from tests.films import queued_scan

OTHERWISE = "A film of this study came again and says otherwise whose it is"


def test_a_number_corrected_at_the_machine_is_told_on_the_study(doctor: Client, cast: Cast) -> None:
    scan = send(cast).scan
    assert scan is not None
    send(cast, dicom_film(1, PatientID="P-2", PatientName="Other^Eva"))
    assert AuditEvent.objects.get(action="scan.conflict").facts["fields"] == [
        "first_name",
        "last_name",
        "patient_number",
    ]
    page = page_of(doctor, scan)
    assert f"{OTHERWISE} (first name, last name, patient number)." in page
    assert "Eva" not in page, "an audit event names nobody"
    assert Scan.objects.count() == 1


def test_another_wrapping_of_the_same_film_is_nothing_to_tell(doctor: Client, cast: Cast) -> None:
    scan = send(cast).scan
    assert scan is not None
    send(cast, dicom_film(1, StationName="ROUTER"))
    assert AuditEvent.objects.filter(action="scan.conflict").exists()
    assert OTHERWISE not in page_of(doctor, scan)


def test_a_file_on_record_for_another_patient_is_an_error_where_it_was_sent(
    technician: Client, cast: Cast
) -> None:
    send(cast)
    study = queued_scan(cast.clinic_a, cast.technician, number="P-9").study
    film = SimpleUploadedFile("IM1", dicom_film(), "application/dicom")
    page = technician.post(f"/studies/{study.public_id}/scans/", {"films": film}, follow=True)
    assert "on record for another patient" in text_of(page)
    assert "alert-danger" in page.content.decode()
    assert study.scans.count() == 1


def test_a_person_with_two_numbers_is_told_of_on_the_study(doctor: Client, cast: Cast) -> None:
    send(cast)
    scan = send(cast, dicom_film(2, seed=2, PatientID="P-2", StudyInstanceUID="1.2.3")).scan
    assert scan is not None
    page = doctor.get(f"/studies/{scan.study.public_id}/")
    assert "Another patient has the same name and birth date." in text_of(page)
    assert Patient.objects.count() == 2
