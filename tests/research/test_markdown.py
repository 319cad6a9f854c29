"""Figures as Markdown: what is not known is a dash, and nothing breaks out of its cell."""

import pytest

from research.markdown import cell, interval, number, percent, percents, table

UNKNOWN = {"value": None, "low": None, "high": None}


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (0.0344, "3.4 %"), (0.0996, "10 %"), (0.259, "26 %"), (1.0, "100 %"), (None, "–")],
)
def test_small_shares_keep_a_decimal(share: float | None, words: str) -> None:
    assert percent(share) == words


def test_a_figure_stands_with_its_interval_and_an_unknown_one_as_a_dash() -> None:
    figure = {"value": 0.9251, "low": 0.9107, "high": 0.9386}
    assert interval(figure) == "0.925 [0.911, 0.939]"
    assert percents(figure) == "92.5 % [91.1, 93.9]"
    assert {interval(UNKNOWN), percents(UNKNOWN), number(None), number(float("nan"))} == {"–"}


def test_what_a_cell_holds_stays_inside_it() -> None:
    assert cell("a|b\nc") == "a\\|b c"
    assert table(["x"], [["1|2"]]) == ["| x |", "| --- |", "| 1\\|2 |", ""]
