"""Large bodies on their way at once: no sender and no clinic keeps the others out."""

from portal.server.body import MOST_AT_ONCE, MOST_IN_ALL, Large
from portal.server.senders import Sender


def entered(large: Large, clinic: str, people: int = 100) -> list[Sender]:
    """As many bodies of a clinic's people as may come."""
    tried = [Sender(f"{clinic} {number}", clinic) for number in range(people) for _ in range(MOST_AT_ONCE)]
    return [who for who in tried if large.enter(who)]


def test_one_sender_has_a_limit() -> None:
    assert len(entered(Large(), "A", people=1)) == MOST_AT_ONCE


def test_a_clinic_leaves_room_for_the_next_and_that_one_for_the_next() -> None:
    large = Large()
    counts = [len(entered(large, clinic)) for clinic in "ABC"]
    assert counts == [MOST_IN_ALL // 2, MOST_IN_ALL // 4, MOST_IN_ALL // 8]


def test_what_has_arrived_makes_room_again() -> None:
    large = Large()
    for _ in range(3):
        bodies = entered(large, "A")
        assert len(bodies) == MOST_IN_ALL // 2
        for who in bodies:
            large.leave(who)
