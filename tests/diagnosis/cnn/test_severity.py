"""Two scores follow from six graded zones, and from nothing less."""

import pytest

from diagnosis.cnn import severity

ALL_SIX = {"A": 2, "B": 3, "C": 1, "D": 1, "E": 2, "F": 0}


def test_the_sum_of_the_grades_and_the_count_of_zones_follow_from_all_six() -> None:
    assert (severity.brixia(ALL_SIX), severity.six_zone(ALL_SIX)) == (9, 5)
    assert severity.in_full(ALL_SIX) == "9 [2 3 1 1 2 0]"
    assert severity.brixia(dict.fromkeys("ABCDEF", 3)) == severity.BRIXIA_MOST
    assert severity.six_zone(dict.fromkeys("ABCDEF", 1)) == severity.SIX_ZONE_MOST


def test_clear_lungs_sum_up_to_nothing_and_ungraded_ones_to_no_sum() -> None:
    assert severity.brixia(dict.fromkeys("ABCDEF", 0)) == 0
    assert severity.brixia({"A": 3}) is severity.six_zone({}) is None


@pytest.mark.parametrize("zones", [{"A": 4}, {"A": -1}, {"G": 1}, {"A": True}, {"A": "1"}])
def test_a_grade_or_zone_that_there_is_not_is_never_summed(zones: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot have the grade"):
        severity.brixia(zones)
