"""A critical result stands on the study's page and in the worklist until somebody says who knows of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from diagnosis.models import CriticalResult, PendingSignature, ReadingRules, Scan, Study
from diagnosis.services import critical, reading_rules
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of, text_of
from tests.diagnosis.views.test_first_reads import wanted
from tests.diagnosis.views.test_signing import sign, time_is_over
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(cast: Cast) -> Scan:
    scan = analysed_scan(cast.clinic_a, cast.technician)
    Study.objects.update(urgent=True)
    return scan


@pytest.fixture
def signed(doctor: Client, scan: Scan) -> Scan:
    sign(doctor, scan)
    time_is_over()
    page_of(doctor, scan)
    CriticalResult.objects.update(since=timezone.now() - timedelta(minutes=12))
    return scan


def address(scan: Scan) -> str:
    return f"/studies/{scan.study.public_id}/critical/"


def test_page_and_list_say_so_until_it_is_acknowledged(
    technician: Client, doctor: Client, cast: Cast, signed: Scan
) -> None:
    assert "Critical result, not acknowledged yet: 12 min" in page_of(technician, signed)
    assert "Critical, not acknowledged" in text_of(technician.get("/worklist/?tab=done"))
    refused = technician.post(address(signed), {"name": " "})
    assert refused.status_code == 422
    assert "Say who knows of it" in text_of(refused)
    technician.post(address(signed), {"name": "told Dr Obi by phone"})
    page = page_of(doctor, signed)
    assert "not acknowledged" not in page.replace("nobody acknowledged", "")
    assert f"by {cast.technician}: told Dr Obi by phone" in page
    assert "opened a critical result (rule): told the sender" in page
    assert "acknowledged the critical result" in page
    assert "Critical, not acknowledged" not in text_of(technician.get("/worklist/?tab=done"))


def test_a_page_with_an_earlier_one_acknowledges_nothing_and_gives_back_what_was_typed(
    technician: Client, cast: Cast, signed: Scan
) -> None:
    shown = str(CriticalResult.objects.get().public_id)
    assert f'name="result" value="{shown}"' in technician.get(address(signed)).content.decode()
    technician.post(address(signed), {"name": "me", "result": shown})
    assert critical.declare(study=signed.study, doctor=cast.doctor)
    assert "not acknowledged yet" in page_of(technician, signed)
    technician.post(address(signed), {"name": "told Dr Obi by phone", "result": shown})
    page = page_of(technician, signed)
    assert "Nothing was acknowledged" in page
    assert "You had written: told Dr Obi by phone" in page
    assert "not acknowledged yet" in page


def test_a_name_that_cannot_be_kept_comes_back_as_it_was_typed(technician: Client, signed: Scan) -> None:
    long = "Dr Obi " * 40
    answer = technician.post(address(signed), {"name": long})
    assert answer.status_code == 422
    assert long.strip() in answer.content.decode()


def test_without_one_there_is_nothing_to_acknowledge(technician: Client, scan: Scan) -> None:
    for answer in (technician.get(address(scan)), technician.post(address(scan), {"name": "me"})):
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/studies/{scan.study.public_id}/")


def test_the_tick_beside_sign_opens_one_and_comes_back_after_an_undo(doctor: Client, scan: Scan) -> None:
    Study.objects.update(urgent=False)
    sign(doctor, scan, critical="1")
    doctor.post(f"/signature/{PendingSignature.objects.get().public_id}/undo/")
    page = doctor.get(f"/studies/{scan.study.public_id}/").content.decode()
    assert 'id="id_sign_critical" value="1"\n    checked' in page
    sign(doctor, scan, critical="1")
    time_is_over()
    page_of(doctor, scan)
    assert CriticalResult.objects.get().why == "ticked"


def test_a_tick_on_the_same_words_again_is_not_lost(doctor: Client, scan: Scan) -> None:
    Study.objects.update(urgent=False)
    sign(doctor, scan)
    time_is_over()
    page_of(doctor, scan)
    sign(doctor, scan, critical="1")
    assert "The critical result is told of now." in page_of(doctor, scan)
    assert CriticalResult.objects.get().why == "ticked"


def test_a_clinic_that_keeps_none_is_not_asked(doctor: Client, cast: Cast, scan: Scan) -> None:
    rules = wanted(blind_first=False, critical_minutes=0)
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=rules)
    assert "id_sign_critical" not in doctor.get(f"/studies/{scan.study.public_id}/").content.decode()
    sign(doctor, scan, critical="1")
    time_is_over()
    page_of(doctor, scan)
    assert not CriticalResult.objects.exists()


def test_a_doctor_whose_own_word_comes_first_is_not_told(
    doctor: Client, client: Client, cast: Cast, signed: Scan
) -> None:
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=wanted())
    doctor.post(
        f"/studies/{signed.study.public_id}/second-reader/", {"reader": str(cast.colleague.public_id)}
    )
    client.force_login(cast.colleague)
    assert "ritical" not in page_of(client, signed)
    assert "ritical" not in text_of(client.get("/worklist/?tab=done"))
    assert client.get(address(signed)).status_code == 302


def test_the_administrator_sets_what_is_critical(administrator: Client, cast: Cast) -> None:
    rules = {"second_share": 0, "urgent_minutes": 30, "routine_minutes": 240, "critical_minutes": 15}
    chosen = {"critical_findings": ["covid19"], "critical_further": ["pneumothorax", "other"]}
    assert administrator.post("/reading-rules/", rules | chosen).status_code == 302
    row = ReadingRules.of(cast.clinic_a.pk)
    assert (row.critical_minutes, row.critical_findings) == (15, ["covid19"])
    assert row.critical_further == ["pneumothorax", "other"]
    page = administrator.get("/reading-rules/").content.decode()
    assert page.count("checked") == 3
    refused = administrator.post("/reading-rules/", rules | {"critical_findings": ["normal"]})
    assert refused.status_code == 422
