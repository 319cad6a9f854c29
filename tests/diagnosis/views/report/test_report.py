"""The printable report: whose film it is, what the network said, and what proves it."""

from django.test import Client

from accounts.models import AuditEvent, AuditHead
from diagnosis.models import Decision
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.views.report.pages import text_of
from tests.films import analysed_scan


def test_an_unreviewed_film_says_so_loudly(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    page = text_of(doctor, scan.study)
    assert "NOT REVIEWED BY A DOCTOR YET" in page
    assert "PHANTOM" in page
    assert "Research use only, not a medical device" in page


def test_it_names_clinic_patient_finding_doctor_model_and_film(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    review.sign_off(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=cast.doctor,
        decision=Decision.CHANGE,
        finding="normal",
        note="Old scar",
    )
    page = text_of(doctor, scan.study)
    for words in (
        "Clinic A",
        "P-1",
        "Ada Phantom",
        "Doctor’s finding Normal",
        "Old scar",
        "licence A-1",
        "differs from the network",
        "test-network 1.0.0",
        f"Film 1: {scan.sha256[:16]} , read by test-network 1.0.0.",
    ):
        assert words in page, words
    assert "NOT REVIEWED" not in page


def test_the_paper_carries_the_audit_events_hash(doctor: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    page = text_of(doctor, study)
    event = AuditEvent.objects.get(action="report.viewed", study_id=str(study.public_id))
    assert event.hash in page
    assert AuditHead.objects.get().hash == event.hash
