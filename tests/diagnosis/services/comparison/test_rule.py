"""When two networks differ, and on whose side a reader is."""

import pytest

from diagnosis.services.comparison import Said, differs, sides


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (Said("pathological", 0.7), Said("normal", 0.2), True),
        (Said("pathological", 0.45), Said("normal", 0.4), True),  # limits of their own below one half
        (Said("unsure", 0.55), Said("unsure", 0.45), True),  # both on probation: nothing but "unsure" is said
        (Said("unsure", 0.55), Said("normal", 0.2), True),
        (Said("unsure", 0.3), Said("normal", 0.2), False),
        (Said("pathological", 0.9), Said("unsure", 0.5), False),
        (Said("pathological", 0.9), Said("pathological", 0.6), False),
    ],
)
def test_two_differ_by_their_decision_or_across_one_half(one: Said, other: Said, differ: bool) -> None:
    assert differs(one, other) is differ
    assert differs(other, one) is differ


def test_where_one_says_normal_and_the_other_pathological_these_are_their_sides() -> None:
    assert sides(Said("normal", 0.6), Said("pathological", 0.4)) == (False, True)
