"""Times on the forms, in the two nights of the year in which the clock is no help."""

import uuid
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from diagnosis.forms import LocalTimeField, NewStudyForm
from diagnosis.models import Study
from tests.conftest import Cast
from tests.films import queued_scan

EARLIER = datetime(2025, 11, 2, 5, 30, tzinfo=UTC)  # 01:30 in summer time
LATER = datetime(2025, 11, 2, 6, 30, tzinfo=UTC)  # 01:30 again, in winter time


@pytest.fixture(autouse=True)
def new_york(settings: SettingsWrapper) -> None:
    settings.TIME_ZONE = "America/New_York"


def at(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.mark.parametrize(
    ("now", "meant"),
    [
        (datetime(2025, 11, 2, 5, 30, 20, tzinfo=UTC), EARLIER),
        (datetime(2025, 11, 2, 6, 29, tzinfo=UTC), EARLIER),
        (datetime(2025, 11, 2, 6, 30, 20, tzinfo=UTC), LATER),
        (datetime(2025, 11, 9, tzinfo=UTC), LATER),
    ],
)
def test_an_hour_shown_twice_is_its_latest_that_is_not_in_the_future(
    now: datetime, meant: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(now, monkeypatch)
    assert LocalTimeField().clean("2025-11-02T01:30") == meant


@pytest.mark.parametrize("now", [EARLIER, LATER])
def test_what_the_form_offers_it_also_takes(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    at(now, monkeypatch)
    offered = NewStudyForm()["taken_at"]
    shown = str(offered).partition('value="')[2].partition('"')[0]
    assert shown == "2025-11-02T01:30"
    assert offered.field.clean(shown) == now


def test_a_time_that_the_clock_jumps_over_is_moved_forward() -> None:
    moved = LocalTimeField().clean("2025-03-09T02:30")
    assert moved == datetime(2025, 3, 9, 7, 30, tzinfo=UTC)  # 03:30 in summer time


def test_other_times_are_what_they_were() -> None:
    assert LocalTimeField().clean("2025-07-01T12:00") == datetime(2025, 7, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize("shown", ["9999-12-31T23:59", "0001-01-01T00:00", "tonight"])
def test_a_time_that_is_none_is_refused_in_words(shown: str) -> None:
    form = NewStudyForm({"number": "1", "taken_at": shown, "entry": uuid.uuid4()})
    assert form.errors["taken_at"]


def test_a_study_is_entered_in_that_night(client: Client, cast: Cast) -> None:
    client.force_login(cast.doctor)
    sent = {
        "number": "P-7", "sex": "unknown", "pcr_result": "unknown", "entry": uuid.uuid4(),
        "taken_at": "2025-11-02T01:30", "without_film": "on",
    }  # fmt: skip
    fields = NewStudyForm().fields
    sent |= {"sex": fields["sex"].initial, "pcr_result": fields["pcr_result"].initial}
    assert client.post(reverse("study_new"), sent).status_code == 302
    assert Study.objects.get().taken_at == LATER


def test_correcting_something_else_leaves_the_time_as_it_was(client: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    Study.objects.filter(pk=study.pk).update(taken_at=EARLIER)
    client.force_login(cast.doctor)
    address = reverse("study_edit", args=[study.public_id])
    form = client.get(address).context["form"]
    sent = {bound.html_name: bound.value() or "" for bound in form if bound.name != "urgent"}
    sent |= {bound.html_initial_name: bound.value() or "" for bound in form if bound.name != "urgent"}
    sent |= {"taken_at": "2025-11-02T01:30", "initial-taken_at": "2025-11-02T01:30", "reason": "cough"}
    assert client.post(address, sent).status_code == 302
    study.refresh_from_db()
    assert (study.reason, study.taken_at) == ("cough", EARLIER)
    assert client.post(address, {**sent, "taken_at": "2025-03-09T02:30"}).status_code == 302
    study.refresh_from_db()
    assert study.taken_at == datetime(2025, 3, 9, 7, 30, tzinfo=UTC)
