"""However often somebody is turned away, the chain does not grow with it."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from accounts import denials
from accounts.models import AuditEvent
from tests.conftest import Cast

KIND = "access.bad_token"


def refuse(times: int, subject: str = "network:10.0.0.1", who: Any = None) -> None:
    for _ in range(times):
        denials.note(action=KIND, who=who, subject=subject)


def told() -> list[int]:
    return [event.facts["times"] for event in AuditEvent.objects.filter(action=KIND).order_by("sequence")]


def test_the_first_the_tenth_and_the_hundredth_time_leave_an_event(db: None) -> None:
    refuse(250)
    assert told() == [1, 10, 100]


def test_without_the_cache_one_event_is_left(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "incr", lambda *_: 1)  # what a cache that is down answers
    refuse(20)
    assert told() == [1]


def test_many_networks_together_have_an_end(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "MOST_OF_STRANGERS", 5)
    for number in range(20):
        refuse(1, f"network:10.0.0.{number}")
    notes = [event.facts.get("note", "") for event in AuditEvent.objects.order_by("sequence")]
    assert notes == ["", "", "", "", denials.NO_MORE]


def test_no_kind_crowds_out_another(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "MOST_OF_STRANGERS", 3)
    for number in range(10):
        denials.note(action="user.password_reset_asked", who=None, subject=f"address:{number}")
    denials.note(action="user.password_reset_asked", who=None, subject="user:1")
    refuse(1)
    subjects = list(AuditEvent.objects.order_by("sequence").values_list("subject", flat=True))
    assert subjects == ["address:0", "address:1", "address:2", "user:1", "network:10.0.0.1"]


def test_one_person_has_an_end_of_their_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "MOST_OF_ONE", 3)
    for number in range(20):
        refuse(1, f"study:{number}", cast.doctor)
    refuse(1, "study:1", cast.colleague)
    actors = list(AuditEvent.objects.order_by("sequence").values_list("actor", flat=True))
    assert actors == [cast.doctor.email] * 3 + [cast.colleague.email]


@pytest.mark.parametrize(
    ("address", "network"),
    [("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", "unknown")],
)
def test_a_network_of_version_6_is_one_stranger(address: str, network: str) -> None:
    assert denials.network(RequestFactory().get("/", REMOTE_ADDR=address)) == network
