"""An alert opens once, tells who can act, is answered by a person and closes when the films are back."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts import audit
from accounts.audit.rows import RowComparison
from accounts.models import AuditEvent
from diagnosis import tasks
from diagnosis.models import DriftAlert, DriftPeriod, ModelVersion
from diagnosis.services import drift
from tests.conftest import Cast
from tests.diagnosis.bundles import light
from tests.diagnosis.services.drift.passing import Stream
from tests.films import promoted


@pytest.fixture
def softer(stream: Stream, django_capture_on_commit_callbacks: object) -> Stream:
    """Films became softer after the window and two periods."""
    stream.come(310)
    stream.compare()
    assert not DriftAlert.objects.exists()
    stream.come(60, sharper=-3.0)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        stream.compare()
    return stream


def test_softer_films_open_one_alert_that_says_since_when_and_from_what_to_what(softer: Stream) -> None:
    alert = DriftAlert.objects.get()
    assert alert.statistic == "sharpness"
    period = DriftPeriod.objects.get(window=alert.window, number=alert.opened_period)
    assert alert.since == period.first_at
    assert abs(alert.before["median"]) < 0.5
    assert alert.now["median"] < -2
    softer.come(100, sharper=-3.0)
    softer.compare()
    assert DriftAlert.objects.count() == 1
    assert AuditEvent.objects.filter(action="drift.alert_opened").count() == 1


def test_administrators_of_the_clinic_and_operators_get_one_mail_in_words(softer: Stream, cast: Cast) -> None:
    assert sorted(address for message in mail.outbox for address in message.to) == [
        cast.administrator.email,
        cast.operator.email,
    ]
    text = mail.outbox[0].body
    assert "Films are softer, since " in text
    assert "Was a machine" in text
    assert "Sharpness: from " in text


def test_an_alert_closes_when_two_hundred_later_films_are_as_before_and_compares_only_later_ones_then(
    softer: Stream,
) -> None:
    softer.come(140)
    softer.compare()
    assert DriftAlert.objects.get().closed_at is None
    softer.come(110)
    softer.compare()
    alert = DriftAlert.objects.get()
    assert alert.closed_why == "back"
    assert alert.closed_period in (alert.opened_period + 4, alert.opened_period + 5)
    softer.come(200)
    softer.compare()
    assert DriftAlert.objects.count() == 1
    assert AuditEvent.objects.filter(action="drift.alert_closed").count() == 1
    latest = DriftPeriod.objects.order_by("-number")[0]
    assert set(latest.comparisons["sharpness"]) < set(latest.comparisons["level"])


def test_a_cause_is_noted_once_with_who_and_stays_out_of_the_chain(softer: Stream, cast: Cast) -> None:
    alert = DriftAlert.objects.get()
    assert drift.acknowledge(alert=alert, actor=cast.administrator, cause=" Room 2 has a  new detector ")
    assert not drift.acknowledge(alert=alert, actor=cast.operator, cause="something else")
    alert.refresh_from_db()
    assert (alert.cause, alert.acknowledged_by) == ("Room 2 has a new detector", cast.administrator)
    assert alert.closed_at is None
    event = AuditEvent.objects.get(action="drift.acknowledged")
    assert "detector" not in str(event.facts)


def test_the_record_vouches_for_windows_and_alerts(softer: Stream, cast: Cast) -> None:
    drift.acknowledge(alert=DriftAlert.objects.get(), actor=cast.administrator, cause="a new detector")
    softer.come(300)
    softer.compare()
    assert DriftAlert.objects.get().closed_at
    assert not told_of_drift()
    DriftAlert.objects.update(cause="nothing")
    assert ["its cause is not what" in line for line in told_of_drift()] == [True]


def told_of_drift() -> list[str]:
    """The faults that the record's comparison finds in rows about drift."""
    rows = RowComparison()
    list(audit.verify(rows.take))
    found = [str(fault) for fault in rows.faults()]
    return [line for line in found if "drift_alert" in line or "reference_window" in line]


def test_more_unsure_films_open_an_alert(stream: Stream) -> None:
    stream.come(210)
    stream.come(400, unsure=0.35)
    stream.compare()
    alert = DriftAlert.objects.get()
    assert alert.statistic == "unsure"
    assert alert.now["share"] > alert.before["share"]


def test_the_beat_task_compares_each_clinic_apart_and_leaves_films_of_the_last_minute(
    stream: Stream, cast: Cast
) -> None:
    other = Stream(cast.clinic_b, cast.stranger, stream.network)
    stream.come(270)
    other.come(150)
    tasks.watch_films()
    assert [period.window.clinic for period in DriftPeriod.objects.all()] == [cast.clinic_a]
    last = DriftPeriod.objects.get()
    stream.come(60)
    stream.compare()
    assert DriftPeriod.objects.count() == 2
    assert not drift.compare_clinic(
        clinic=cast.clinic_a, network=stream.network, now=last.last_at + timedelta(seconds=30)
    )


def test_alerts_about_a_network_that_is_replaced_close_before_any_film_of_the_new_one(
    softer: Stream, cast: Cast
) -> None:
    assert drift.open_alerts([cast.clinic_a]).exists()
    promoted("9.9.9")
    tasks.watch_films()
    assert not drift.open_alerts([cast.clinic_a]).exists()
    closed = AuditEvent.objects.filter(action="drift.alert_closed").latest("sequence")
    assert (closed.facts["why"], closed.clinic_id) == ("network", cast.clinic_a.pk)


@pytest.mark.parametrize("way", ["promote_model", "register_model", "admin"])
def test_whoever_promotes_a_network_closes_the_alerts_about_the_one_before(
    softer: Stream, cast: Cast, tmp_path: Path, way: str
) -> None:
    assert drift.open_alerts([cast.clinic_a]).exists()
    bundle = str(light(tmp_path / "light").path)
    if way == "register_model":
        ModelVersion.objects.update(active=None)
        call_command("register_model", bundle, "--promote", stdout=StringIO())
    else:
        call_command("register_model", bundle, stdout=StringIO())
        version = ModelVersion.objects.get(name="light")
        if way == "promote_model":
            call_command("promote_model", "light", version.version, "--reason", "better", stdout=StringIO())
        else:
            operator = Client()
            operator.force_login(cast.operator)
            place = reverse("admin:diagnosis_modelversion_comparison", args=[version.pk])
            assert operator.post(place, {"reason": "better"}).status_code == 302
    assert ModelVersion.objects.get(active=True).name == "light"
    assert not drift.open_alerts([cast.clinic_a]).exists()
