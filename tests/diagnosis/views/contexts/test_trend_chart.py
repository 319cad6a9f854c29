"""Dots lie by their date and value, and a line joins only what the same network said."""

from datetime import UTC, datetime

from diagnosis.views.contexts.trend_chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Dot, Point, draw

FIRST, MIDDLE, LAST = (datetime(2020, 5, day, tzinfo=UTC) for day in (1, 4, 7))


def test_time_goes_right_and_more_goes_up() -> None:
    points = [Point(LAST, 1.0, "100 %", "b"), Point(FIRST, 0.0, "0 %", "a"), Point(MIDDLE, 0.5, "50 %", "a")]
    track = draw(points, since=FIRST, until=LAST, highest=1.0)
    halfway = ((LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2)
    assert track.dots == [
        Dot(LEFT, HEIGHT - BOTTOM, "0 %"),
        Dot(*halfway, "50 %"),
        Dot(WIDTH - RIGHT, TOP, "100 %"),
    ]
    assert track.last.words == "100 %"


def test_another_network_begins_another_line() -> None:
    said = [("a", FIRST), ("a", MIDDLE), ("b", LAST)]
    track = draw([Point(at, 0.5, "", by) for by, at in said], since=FIRST, until=LAST, highest=1.0)
    (line,) = track.lines
    assert line.split() == [f"{dot.x},{dot.y}" for dot in track.dots[:2]]


def test_one_moment_and_values_off_the_scale_stay_on_the_picture() -> None:
    track = draw([Point(FIRST, value, "") for value in (-1, 9)], since=FIRST, until=FIRST, highest=6)
    assert [(dot.x, dot.y) for dot in track.dots] == [
        (LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - BOTTOM),
        (LEFT + (WIDTH - LEFT - RIGHT) / 2, TOP),
    ]
