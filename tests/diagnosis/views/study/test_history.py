"""The history tells who did what and who looked."""

from django.test import Client

from accounts.models import AuditEvent
from tests.conftest import Cast
from tests.diagnosis.views.pages import HTMX, page_of
from tests.films import analysed_scan, queued_scan


def test_opening_is_on_record_and_polling_is_not(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    address = f"/studies/{scan.study.public_id}/"
    doctor.get(address)
    for _ in range(3):
        doctor.get(f"{address}result/", headers=HTMX)
    viewed = AuditEvent.objects.filter(action="study.viewed", study_id=str(scan.study.public_id))
    assert [event.actor for event in viewed] == [cast.doctor.email]


def test_a_part_of_the_page_asked_for_alone_is_on_record_too(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    for _ in range(2):
        doctor.get(f"/studies/{scan.study.public_id}/result/?p={str(scan.public_id)[:8]}", headers=HTMX)
    viewed = AuditEvent.objects.filter(action="study.viewed", study_id=str(scan.study.public_id))
    assert [event.actor for event in viewed] == [cast.doctor.email]


def test_history_tells_who_did_what_and_who_looked(doctor: Client, technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    technician.get(f"/studies/{scan.study.public_id}/")
    doctor.post(
        f"/scans/{scan.public_id}/review/",
        {"prediction": str(scan.predictions.get().public_id), "decision": "agree"},
    )
    page = page_of(doctor, scan)
    assert f"{cast.technician.get_full_name()} opened the study" in page
    assert "signed a review of film 1: agrees with the network (pneumonia)" in page
    assert cast.doctor.email not in page
