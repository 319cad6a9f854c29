"""Sending a study from its page, and the page that says what lies where."""

import pytest
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Archive, Delivery, DeliveryState
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan, queued_scan


@pytest.fixture
def archive(cast: Cast) -> Archive:
    return Archive.objects.create(
        clinic=cast.clinic_a,
        name="Main PACS",
        protocol="c-store",
        host="127.0.0.1",
        port=104,
        ae_title="PACS",
    )


def send(client: Client, study: object, archive: object) -> str:
    return text_of(client.post(f"/studies/{study}/send/", {"archive": str(archive)}, follow=True))


def test_a_doctor_sends_a_study_and_sees_that_it_waits(doctor: Client, cast: Cast, archive: Archive) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor, number="P-7").study
    assert "Send to archive" in text_of(doctor.get(f"/studies/{study.public_id}/"))
    said = send(doctor, study.public_id, archive.public_id)
    assert "1 film waits to be sent to Main PACS." in said
    assert "Main PACS: waiting" in said
    assert "asked to send 1 films to Main PACS" in said, "its history says so"
    assert "on their way there" in send(doctor, study.public_id, archive.public_id)
    assert Delivery.objects.get().asked_by == cast.doctor


def test_another_clinics_archive_is_none(doctor: Client, cast: Cast, archive: Archive) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    Archive.objects.update(clinic=cast.clinic_b)
    assert "Choose an archive of your clinic" in send(doctor, study.public_id, archive.public_id)
    assert "Choose an archive of your clinic" in send(doctor, study.public_id, "nonsense")
    Archive.objects.update(clinic=cast.clinic_a, active=False)
    assert "Choose an archive of your clinic" in send(doctor, study.public_id, archive.public_id)
    assert not Delivery.objects.exists()


def test_a_cancelled_study_is_not_sent(doctor: Client, cast: Cast, archive: Archive) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    doctor.post(f"/studies/{study.public_id}/cancel/", {"reason": "Sent twice"})
    assert "The study is cancelled" in send(doctor, study.public_id, archive.public_id)


def test_the_list_says_what_failed_and_tries_again(doctor: Client, cast: Cast, archive: Archive) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor, number="P-7")
    row = Delivery.objects.create(
        clinic=cast.clinic_a, scan=scan, archive=archive, sop_instance_uid=scan.sop_instance_uid,
        state=DeliveryState.FAILED, reason="Main PACS refused the film.",
    )  # fmt: skip
    page = text_of(doctor.get("/deliveries/"))
    assert "P-7" in page
    assert "Main PACS refused the film." in page
    assert AuditEvent.objects.get(action="list.viewed").facts["list"] == "deliveries"
    assert "Nothing matches" in text_of(doctor.get("/deliveries/?state=delivered"))
    assert "P-7" in text_of(doctor.get(f"/deliveries/?state=failed&archive={archive.public_id}&page=x"))
    assert "P-7" in text_of(doctor.get("/deliveries/?state=nonsense&archive=nonsense"))
    said = text_of(doctor.post(f"/deliveries/{row.public_id}/retry/", follow=True))
    assert "waits to be sent to Main PACS again" in said
    assert Delivery.objects.get().state == DeliveryState.WAITING
    assert "had not failed" in text_of(doctor.post(f"/deliveries/{row.public_id}/retry/", follow=True))


def test_other_clinics_see_nothing_of_it(stranger: Client, cast: Cast, archive: Archive) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor, number="P-7")
    Delivery.objects.create(
        clinic=cast.clinic_a, scan=scan, archive=archive, sop_instance_uid=scan.sop_instance_uid
    )
    page = text_of(stranger.get("/deliveries/"))
    assert "P-7" not in page
    assert "Main PACS" not in page


def test_a_technician_reads_the_list_and_sends_nothing(technician: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    assert technician.get("/deliveries/").status_code == 200
    assert "Send to archive" not in text_of(technician.get(f"/studies/{study.public_id}/"))
    assert technician.post(f"/studies/{study.public_id}/send/").status_code == 403
