"""What is known of a birth date is read, told and compared; what is not known is never invented."""

from datetime import date

import pytest

from diagnosis import births


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1961", "1961"),
        (" 1961-04 ", "1961-04"),
        ("1961-4-2", "1961-04-02"),
        ("1961.04.12", "1961-04-12"),
        ("196104", "1961-04"),
        ("19610412", "1961-04-12"),
        ("1960-02-29", "1960-02-29"),
        ("١٩٦١-٠٤", "1961-04"),
    ],
)
def test_a_date_or_a_part_of_it_is_read(typed: str, kept: str) -> None:
    assert births.read(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "61", "1961-13", "1961-00", "1961-02-29", "0000", "04/1961", "12.04.1961", "1961-04.12", "x"],
)
def test_what_is_no_date_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="1961, 1961-04 or 1961-04-12"):
        births.read(typed)


@pytest.mark.parametrize(
    ("birth", "estimated", "words"),
    [
        (None, False, ""),
        ("1961-04-02", False, "2 Apr 1961"),
        ("1961-04", False, "April 1961"),
        ("1961", False, "1961"),
        ("1961", True, "about 1961"),
        ("1961-04", True, "about April 1961"),
        ("1961-01-01", True, "about 1961"),
    ],
)
def test_no_day_is_invented(birth: str | None, estimated: bool, words: str) -> None:
    assert births.in_words(birth, estimated=estimated) == words


@pytest.mark.parametrize(
    ("birth", "estimated", "day", "age"),
    [
        (None, False, date(2026, 5, 1), ""),
        ("1961-04-12", False, date(2026, 4, 11), "64"),
        ("1961-04-12", False, date(2026, 4, 12), "65"),
        ("1961-04", False, date(2026, 3, 31), "64"),
        ("1961-04", False, date(2026, 4, 10), "about 64"),
        ("1961-04", False, date(2026, 5, 1), "65"),
        ("1961", False, date(2026, 2, 1), "about 64"),
        ("1961", False, date(2026, 11, 1), "about 65"),
        ("1961", False, date(2026, 12, 31), "65"),
        ("1961", True, date(2026, 12, 31), "about 65"),
        ("1961-01-01", True, date(2026, 11, 1), "about 65"),
        ("2026", False, date(2026, 2, 1), "about 0"),
    ],
)
def test_an_age_is_no_surer_than_the_birth_date(
    birth: str | None, estimated: bool, day: date, age: str
) -> None:
    assert births.age_on(birth, day, estimated=estimated) == age


@pytest.mark.parametrize(
    ("one", "other", "guessed", "fits"),
    [
        ("1961", "1961-04-12", False, True),
        ("1961-04", "1961-05", False, False),
        ("1961-04-12", "1961-04", False, True),
        ("1961", "1962", False, False),
        ("1961-04-12", "1963", True, True),
        ("1961", "1964", True, False),
    ],
)
def test_a_part_fits_the_whole(one: str, other: str, guessed: bool, fits: bool) -> None:
    assert births.compatible(one, other, guessed=guessed) is fits
    assert births.compatible(other, one, guessed=guessed) is fits
