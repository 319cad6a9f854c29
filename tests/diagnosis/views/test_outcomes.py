"""What became of a patient later: entered, corrected by another entry, shown on study and patient page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AppendOnlyError, AuditEvent
from diagnosis.models import PatientOutcome, Scan
from diagnosis.services import outcomes
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


def sent(**more: str) -> dict[str, str]:
    return {
        "kind": "pcr",
        "on": timezone.localdate().isoformat(),
        "value": "Ct 24",
        "confirms": "abnormal",
    } | more


def test_it_stands_on_study_and_patient_page_with_who_entered_it(
    technician: Client, doctor: Client, scan: Scan, cast: Cast
) -> None:
    technician.post(f"/studies/{scan.study.public_id}/outcomes/", sent())
    for page in (f"/studies/{scan.study.public_id}/", f"/patients/{scan.study.patient.public_id}/"):
        told = text_of(doctor.get(page))
        assert "PCR Ct 24" in told
        assert str(cast.technician) in told
    event = AuditEvent.objects.get(action="outcome.entered")
    assert event.facts["kind"] == "pcr"
    assert "Ct 24" not in str(event.facts)


def test_a_correction_is_another_row_and_the_first_stays(technician: Client, scan: Scan, cast: Cast) -> None:
    technician.post(f"/studies/{scan.study.public_id}/outcomes/", sent())
    first = PatientOutcome.objects.get()
    technician.post(f"/outcomes/{first.public_id}/", sent(value="Ct 34"))
    assert [found.value for found in outcomes.standing([scan.study])] == ["Ct 34"]
    again = technician.post(f"/outcomes/{first.public_id}/", sent(value="Ct 44"))
    assert again.status_code == 422
    assert "corrected this meanwhile" in text_of(again)
    second = PatientOutcome.objects.get(corrects=first)
    technician.post(f"/outcomes/{second.public_id}/", sent(mistaken="1"))
    assert not outcomes.standing([scan.study]).exists()
    assert PatientOutcome.objects.count() == 3
    with pytest.raises(AppendOnlyError):
        PatientOutcome.objects.update(value="x")


def test_what_cannot_be_is_refused_with_what_was_typed(technician: Client, scan: Scan) -> None:
    tomorrow = (timezone.localdate() + timedelta(days=2)).isoformat()
    for wrong in (
        {"kind": "horoscope"},
        {"on": tomorrow},
        {"on": "x"},
        {"confirms": "maybe"},
        {"value": "x" * 201},
    ):
        page = technician.post(f"/studies/{scan.study.public_id}/outcomes/", sent(**wrong))
        assert page.status_code == 422, wrong
        assert page.context["form"]["value"].value() == wrong.get("value", "Ct 24")
    assert not PatientOutcome.objects.exists()
