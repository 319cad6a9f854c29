"""A reference window is frozen once by itself, anew by a person, and says who, when and why."""

import statistics

import pytest
from django.test.utils import override_settings

from accounts.models import AppendOnlyError, AuditEvent
from diagnosis.models import DriftAlert, DriftPeriod, FilmStatistics, ReferenceWindow
from diagnosis.services import drift
from tests.conftest import Cast
from tests.diagnosis.services.drift.passing import Stream
from tests.films import promoted


def analysed(stream: Stream) -> int:
    return FilmStatistics.objects.filter(clinic=stream.clinic, refused=False).count()


def test_no_window_is_frozen_before_enough_films_were_analysed(stream: Stream) -> None:
    stream.come(150)
    assert stream.compare() == 0
    found = drift.coming(stream.clinic, stream.network)
    assert (found.films, found.needed) == (analysed(stream), 200)
    assert not ReferenceWindow.objects.exists()


def test_the_first_films_make_the_window_and_it_is_on_record(stream: Stream) -> None:
    stream.come(240)
    stream.compare()
    window = ReferenceWindow.objects.get()
    assert window.values["score"].count(None) == window.values["refused"].count(1.0) > 0
    assert len(window.values["score"]) - window.values["score"].count(None) == 200
    assert window.first_at == FilmStatistics.objects.order_by("pk")[0].noted_at
    assert window.frozen_by is None
    event = AuditEvent.objects.get(action="drift.window_frozen")
    assert event.actor == "film watch"
    assert event.facts["films"] == window.films


@override_settings(DRIFT_WINDOW_FILMS=10)
def test_a_window_has_never_fewer_than_a_hundred_films(stream: Stream) -> None:
    stream.come(90)
    assert stream.compare() == 0
    stream.come(30)
    stream.compare()
    assert ReferenceWindow.objects.get().films >= 100


def test_a_new_network_begins_a_window_of_its_own_and_ends_the_alerts_of_the_one_before(
    stream: Stream, cast: Cast
) -> None:
    stream.come(230)
    stream.come(100, sharper=-3.0)
    stream.compare()
    alert = DriftAlert.objects.get(statistic="sharpness")
    later = Stream(stream.clinic, cast.doctor, promoted("2.0.0"))
    later.now = stream.now
    later.come(30)
    later.compare()
    alert.refresh_from_db()
    assert (alert.closed_why, ReferenceWindow.objects.count()) == ("network", 1)
    later.come(220)
    later.compare()
    assert [window.model_version for window in ReferenceWindow.objects.order_by("pk")] == [
        stream.network,
        later.network,
    ]


def test_an_alert_that_another_network_ended_does_not_open_again_by_the_same_films(
    stream: Stream, cast: Cast
) -> None:
    stream.come(230)
    stream.come(130, sharper=-3.0)
    stream.compare()
    later = Stream(stream.clinic, cast.doctor, promoted("2.0.0"))
    later.compare()
    stream.come(50)  # the network of before answers again, and films are as they were
    stream.compare()
    alert = DriftAlert.objects.get(statistic="sharpness")
    assert (alert.closed_why, alert.closed_period) == ("network", 3)
    latest = DriftPeriod.objects.order_by("-number")[0]
    assert (latest.number, list(latest.comparisons["sharpness"])) == (4, ["1"])


def test_a_window_frozen_anew_is_of_the_latest_films_and_ends_alerts(stream: Stream, cast: Cast) -> None:
    stream.come(230)
    stream.come(250, sharper=-3.0)
    stream.compare()
    assert DriftAlert.objects.filter(closed_at=None).exists()
    done = drift.freeze_anew(
        clinic=stream.clinic, network=stream.network, actor=cast.administrator, reason="new machine in room 2"
    )
    assert done.closed == DriftAlert.objects.count() > 0
    assert {alert.closed_why for alert in DriftAlert.objects.all()} == {"window"}
    window = drift.window_of(stream.clinic, stream.network)
    assert window == done.window
    assert (window.frozen_by, window.reason) == (cast.administrator, "new machine in room 2")
    assert statistics.median(window.values["sharpness"]) < -2.5
    stream.come(210, sharper=-3.0)
    stream.compare()
    assert window.periods.count() == 4
    assert not DriftAlert.objects.filter(closed_at=None).exists()
    events = AuditEvent.objects.filter(action__startswith="drift.", actor=cast.administrator.email)
    assert {event.action for event in events} == {"drift.window_frozen", "drift.alert_closed"}


def test_too_few_films_are_not_frozen_anew(stream: Stream, cast: Cast) -> None:
    stream.come(50)
    with pytest.raises(drift.TooFewFilms):
        drift.freeze_anew(clinic=stream.clinic, network=stream.network, actor=cast.administrator, reason="x")
    assert not ReferenceWindow.objects.exists()


def test_windows_and_what_was_compared_are_never_changed(stream: Stream) -> None:
    stream.come(280)
    stream.compare()
    for row in (ReferenceWindow.objects.get(), DriftPeriod.objects.get(), FilmStatistics.objects.first()):
        with pytest.raises(AppendOnlyError):
            row.save()
