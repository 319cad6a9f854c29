"""The portal's own errands are run whatever the clock does, and after every start."""

from datetime import timedelta
from pathlib import Path

import pytest

from portal.beat import SteadyScheduler
from portal.celery import app


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(
        SteadyScheduler, "apply_entry", lambda self, entry, producer: names.append(entry.name)
    )
    monkeypatch.setattr(SteadyScheduler, "producer", None)
    return names


def run(scheduler: SteadyScheduler) -> float:
    """Turns until nothing is due; how long beat may sleep then."""
    for _ in range(20):
        if pause := scheduler.tick():
            return pause
    pytest.fail("something is due again and again")


def test_what_may_have_been_missed_is_done_at_the_start(sent: list[str]) -> None:
    run(SteadyScheduler(app))
    assert sorted(sent) == sorted(app.conf.beat_schedule)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_was_set_stops_no_errand(
    sent: list[str], monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    scheduler = SteadyScheduler(app)
    assert 0 < run(scheduler) <= 10, "it looks at the clock again before long"
    sent.clear()
    right, offset = app.now, scheduler._clock()
    monkeypatch.setattr(app, "now", lambda: right() + timedelta(days=days))
    monkeypatch.setattr(scheduler, "_clock", lambda: offset + days * 86400)
    run(scheduler)
    assert "sweep" in sent


def test_a_full_disk_does_not_stop_it(sent: list[str], tmp_path: Path) -> None:
    scheduler = SteadyScheduler(app, schedule_filename=str(tmp_path / "nowhere" / "beat-schedule"))
    run(scheduler)
    scheduler.sync()
    assert sent


def test_it_shows_that_it_is_alive(sent: list[str], tmp_path: Path) -> None:
    scheduler = SteadyScheduler(app, schedule_filename=str(tmp_path / "beat-schedule"))
    scheduler.sync()
    assert (tmp_path / "beat-schedule").exists()


def test_beat_uses_it() -> None:
    assert app.conf.beat_scheduler == "portal.beat:SteadyScheduler"
