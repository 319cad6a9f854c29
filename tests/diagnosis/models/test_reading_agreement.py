"""Hours of service go by the reading clinic's clock; outside of them it is said when they begin again."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Clinic
from diagnosis.models import ReadingAgreement

DHAKA = ZoneInfo("Asia/Dhaka")


def reads_again(now: datetime, since: time | None, until: time | None, zone: str = "Asia/Dhaka") -> str:
    reads = Clinic(name="District hospital", time_zone=zone)
    agreement = ReadingAgreement(reading_clinic=reads, hours_from=since, hours_to=until)
    found = agreement.reads_again(now)
    return found.isoformat() if found else "now"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("07:59", "2026-03-10T08:00:00+06:00"),
        ("08:00", "now"),
        ("16:59", "now"),
        ("17:00", "2026-03-11T08:00:00+06:00"),
        ("23:30", "2026-03-11T08:00:00+06:00"),
    ],
)
def test_by_day(at: str, expected: str) -> None:
    now = datetime.combine(datetime(2026, 3, 10), time.fromisoformat(at), DHAKA)
    assert reads_again(now.astimezone(ZoneInfo("UTC")), time(8), time(17)) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("05:59", "now"),
        ("06:00", "2026-03-10T22:00:00+06:00"),
        ("21:59", "2026-03-10T22:00:00+06:00"),
        ("22:00", "now"),
        ("00:10", "now"),
    ],
)
def test_past_midnight(at: str, expected: str) -> None:
    now = datetime.combine(datetime(2026, 3, 10), time.fromisoformat(at), DHAKA)
    assert reads_again(now.astimezone(ZoneInfo("UTC")), time(22), time(6)) == expected


def test_the_night_in_which_the_clocks_change() -> None:
    evening = datetime(2026, 3, 28, 22, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert reads_again(evening, time(8), time(17), "Europe/Berlin") == "2026-03-29T08:00:00+02:00"


def test_the_whole_day() -> None:
    assert reads_again(datetime(2026, 3, 10, 3, tzinfo=DHAKA), None, None) == "now"
