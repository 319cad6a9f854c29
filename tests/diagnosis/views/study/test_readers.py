"""Who sees the study, and what stands beside it."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import Study
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of
from tests.films import analysed_scan


def test_another_clinic_finds_nothing_and_leaves_no_view_on_record(stranger: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    for address in ("", "result/", "report/", "edit/"):
        assert stranger.get(f"/studies/{scan.study.public_id}/{address}").status_code == 404
    assert not AuditEvent.objects.filter(action__endswith=".viewed").exists()


def test_only_doctors_get_the_review_form(doctor: Client, technician: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    assert "Sign as" in page_of(doctor, scan)
    assert "Sign as" not in page_of(technician, scan)


def test_the_patients_other_studies_are_beside_it(doctor: Client, cast: Cast) -> None:
    first = analysed_scan(cast.clinic_a, cast.doctor, seed=1)
    Study.objects.filter(pk=first.study_id).update(taken_at=timezone.now() - timedelta(days=9))
    second = analysed_scan(cast.clinic_a, cast.doctor, seed=2)
    assert str(first.study.public_id) in doctor.get(f"/studies/{second.study.public_id}/").content.decode()
