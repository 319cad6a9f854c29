"""The pages about films over time: empty, with charts and numbers, and with alerts that people answer."""

import re

import pytest
from django.test import Client
from django.test.utils import override_settings

from diagnosis.models import DriftAlert, ReferenceWindow
from tests.conftest import Cast
from tests.diagnosis.services.drift.passing import Stream


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    return client


@pytest.fixture
def administrator(cast: Cast) -> Client:
    return signed_in(cast.administrator)


@pytest.fixture
def stream(cast: Cast) -> Stream:
    return Stream(cast.clinic_a, cast.doctor)


@pytest.fixture
def changed(stream: Stream) -> DriftAlert:
    stream.come(260)
    stream.come(60, sharper=-3.0)
    stream.compare()
    return DriftAlert.objects.get()


def page(client: Client, cast: Cast) -> str:
    answer = client.get(f"/films-over-time/{cast.clinic_a.public_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_there_is_a_window_the_page_says_how_many_films_there_are(
    administrator: Client, stream: Stream, cast: Cast
) -> None:
    stream.come(12)
    analysed = sum(1 for _ in stream.clinic.scans.filter(statistics__refused=False))
    assert f"{analysed} of 200 films" in page(administrator, cast)


def test_an_administrator_is_led_to_the_only_clinic_and_an_operator_chooses(
    administrator: Client, changed: DriftAlert, cast: Cast
) -> None:
    assert administrator.get("/films-over-time/").headers["Location"].endswith(f"{cast.clinic_a.public_id}/")
    shown = signed_in(cast.operator).get("/films-over-time/").content.decode()
    assert "Clinic A" in shown
    assert "Clinic B" in shown
    assert "Films are softer" in shown


def test_the_page_shows_a_chart_and_the_same_numbers_of_each_statistic(
    administrator: Client, changed: DriftAlert, cast: Cast
) -> None:
    shown = page(administrator, cast)
    assert shown.count("<svg") == shown.count("<table") == 10
    first = shown[shown.index('id="drift-') :]
    assert first.startswith('id="drift-sharpness"')
    panel = first[: first.index("</section>")]
    assert len(re.findall('class="drift-out"', panel)) == panel.count(">out<") > 0
    assert len(re.findall('class="drift-(?:out|mark)"', panel)) == panel.count("<tr><th scope")
    assert "{{" not in shown
    assert not re.search(r"<style|\sstyle=|\son\w+=", shown)


def test_every_page_tells_an_administrator_of_an_alert_until_its_cause_is_noted(
    administrator: Client, changed: DriftAlert, cast: Cast
) -> None:
    assert "change in films" in administrator.get("/worklist/").content.decode()
    assert "change in films" not in signed_in(cast.doctor).get("/worklist/").content.decode()
    address = f"/films-over-time/alerts/{changed.public_id}/"
    refused = administrator.post(address, {"reason": " "})
    assert refused.status_code == 422
    assert "What was the cause?" in refused.content.decode()
    administrator.post(address, {"reason": "A new detector in room 2"})
    assert "A new detector in room 2" in page(administrator, cast)
    assert "change in films" not in administrator.get("/worklist/").content.decode()


def test_the_window_is_frozen_anew_with_a_reason_by_whoever_confirmed_lately(
    administrator: Client, changed: DriftAlert, cast: Cast
) -> None:
    address = f"/films-over-time/{cast.clinic_a.public_id}/freeze/"
    assert administrator.post(address, {"reason": ""}).status_code == 422
    with override_settings(ACCOUNT_REAUTHENTICATION_TIMEOUT=0):
        asked = administrator.post(address, {"reason": "the new detector stays"})
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    assert ReferenceWindow.objects.count() == 1
    administrator.post(address, {"reason": "the new detector stays"})
    assert ReferenceWindow.objects.count() == 2
    assert "the new detector stays" in page(administrator, cast)


def test_another_clinics_administrator_finds_neither_page_nor_alert(changed: DriftAlert, cast: Cast) -> None:
    other = signed_in(cast.other_administrator)
    assert other.get(f"/films-over-time/{cast.clinic_a.public_id}/").status_code == 404
    assert other.post(f"/films-over-time/alerts/{changed.public_id}/", {"reason": "x"}).status_code == 404
    assert "change in films" not in other.get("/worklist/").content.decode()
