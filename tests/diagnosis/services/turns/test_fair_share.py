"""Clinics, and a clinic's senders, are served by turns; urgent films go first inside their clinic."""

import pytest

from accounts.models import Clinic
from diagnosis.models import QueueTurn, Scan, ScanStatus
from diagnosis.services import lifecycle, turns
from tests.conftest import Cast
from tests.films import queued_scan

SEEDS = iter(range(10_000))


def waiting(cast: Cast, clinic: Clinic, sender: str = "", *, urgent: bool = False) -> Scan:
    seed = next(SEEDS)
    scan = queued_scan(clinic, cast.doctor, seed=seed, number=f"P-{seed}")
    scan.sender = sender
    scan.save()
    scan.study.urgent = urgent
    scan.study.save()
    return scan


def taken(count: int) -> list[Scan]:
    """The films that workers take next, in order."""
    claims = [lifecycle.claim_next() for _ in range(count)]
    return [held.scan for held in claims if held is not None]


def test_another_clinics_film_waits_for_one_film_of_a_flood_not_for_all(cast: Cast) -> None:
    flood = [waiting(cast, cast.clinic_a) for _ in range(6)]
    assert taken(2) == flood[:2]
    other = waiting(cast, cast.clinic_b)
    assert other in taken(2)


def test_two_clinics_that_both_flood_share_alike(cast: Cast) -> None:
    for clinic in (cast.clinic_a, cast.clinic_a, cast.clinic_a, cast.clinic_b, cast.clinic_b, cast.clinic_b):
        waiting(cast, clinic)
    order = [scan.clinic for scan in taken(6)]
    assert order[::2] in ([cast.clinic_a] * 3, [cast.clinic_b] * 3)
    assert order[::2] != order[1::2]


def test_a_token_that_floods_does_not_hold_up_a_colleague_of_its_clinic(cast: Cast) -> None:
    flood = [waiting(cast, cast.clinic_a, "token:1") for _ in range(4)]
    assert taken(1) == flood[:1]
    film = waiting(cast, cast.clinic_a, "user:7")
    assert taken(1) == [film]


def test_more_senders_give_a_clinic_no_more_turns(cast: Cast) -> None:
    for number in range(6):
        waiting(cast, cast.clinic_a, f"token:{number}")
    for _ in range(3):
        waiting(cast, cast.clinic_b, "user:1")
    assert [scan.clinic for scan in taken(6)].count(cast.clinic_b) == 3


def test_an_urgent_film_goes_first_in_its_clinic_and_takes_no_other_clinics_turn(cast: Cast) -> None:
    films = [waiting(cast, cast.clinic_a, "user:1") for _ in range(3)]
    urgent = [waiting(cast, cast.clinic_a, "user:1", urgent=True) for _ in range(2)]
    other = waiting(cast, cast.clinic_b)
    first = taken(3)
    assert other in first
    assert [scan for scan in first if scan != other] == urgent
    assert taken(3) == films


def test_a_clinic_that_was_silent_for_long_has_no_turns_saved_up(cast: Cast) -> None:
    for _ in range(8):
        waiting(cast, cast.clinic_a)
    taken(4)
    for _ in range(4):
        waiting(cast, cast.clinic_b)
    assert [scan.clinic for scan in taken(4)].count(cast.clinic_b) == 2


def test_of_one_sender_the_film_that_waits_longest_is_next(cast: Cast) -> None:
    films = [waiting(cast, cast.clinic_a, "user:1") for _ in range(3)]
    assert taken(3) == films


def test_when_nothing_waits_nobody_has_a_turn(cast: Cast, scan: Scan) -> None:
    Scan.objects.update(status=ScanStatus.ANALYSED)
    assert lifecycle.claim_next() is None
    assert not QueueTurn.objects.exists()


def test_a_film_taken_by_another_worker_meanwhile_is_passed_over(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = waiting(cast, cast.clinic_a), waiting(cast, cast.clinic_a)
    next_waiting = turns.next_waiting

    def too_late() -> int | None:
        found = next_waiting()
        if found == first.pk:
            lifecycle.claim(scan_id=first.pk)
        return found

    monkeypatch.setattr(turns, "next_waiting", too_late)
    assert taken(1) == [second]


def test_each_person_and_each_token_has_a_line_of_their_own(cast: Cast) -> None:
    people = {turns.sender_of(person) for person in (cast.doctor, cast.technician)}
    assert len(people) == 2
    assert turns.sender_of("demonstration") == "demonstration"
    assert turns.sender_of(None) == "carina"


def test_the_place_in_the_queue_counts_own_films_and_the_other_clinics_turns(cast: Cast) -> None:
    scans = [waiting(cast, cast.clinic_a) for _ in range(3)]
    assert [turns.position(scan) for scan in scans] == [0, 1, 2]
    for _ in range(2):
        waiting(cast, cast.clinic_b)
    assert [turns.position(scan) for scan in scans] == [1, 3, 4]
    urgent = waiting(cast, cast.clinic_a, urgent=True)
    assert turns.position(urgent) == 1
    lifecycle.claim(scan_id=urgent.pk)
    urgent.refresh_from_db()
    assert turns.position(urgent) == 0
