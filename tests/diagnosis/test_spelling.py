"""What counts as one number or name, what a search finds, and what is no text."""

import unicodedata

import pytest

from diagnosis import spelling

SAME = [
    ("N-1", "N-1\u200b"),
    ("N-2", "\ufeffN-2"),
    ("N-5", "Ｎ-5"),
    ("N-6", "N-٦"),
    ("N-7", "N‑7"),
    ("N-9", "N\u00ad-9"),
    ("N-3", "n–3"),
    ("N-4", "N−4"),
    ("N 1", "N\u3000\u20091"),
    ("12", "१२"),
    ("a/b", "a⁄b"),
    ("P\u200e-1", "P-1"),
    ("O'Neill", "O’Neill"),
    ("O'Neill", "Oʼneill"),
    ("O'Neill", "O´NEILL"),
    ("Ali", "ALİ"),
    ("Işık", "IŞIK"),
    ("İbrahim", "ibrahim"),
    ("Groß", "GROSS"),
    ("ﬁn", "FIN"),
    ("Anna-Lena", "ANNA—LENA"),
    ("e\u0301", "É"),
    ("❤\ufe0f", "❤"),
    ("1\u3164", "1"),
]
ALMOST = [
    ("José", "JOSE"),
    ("E1", "É1"),
    ("Søren", "Soren"),
    ("Æ1", "AE1"),
    ("Łuk", "Luk"),
    ("й", "и"),
    ("أحمد", "احمد"),
    ("Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"),
    ("שָׁלוֹם", "שלום"),
    ("علی", "علي"),
]
OTHER = [("N-1", "N1"), ("7", "007"), ("O", "0"), ("राम", "रमा"), ("か", "が"), ("ab", "a b"), ("1.5", "15")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_reads_the_same_is_the_same(one: str, other: str) -> None:
    assert spelling.exact_key(one) == spelling.exact_key(other)
    assert spelling.key(one) == spelling.key(other)


@pytest.mark.parametrize(("one", "other"), ALMOST)
def test_other_marks_are_almost_the_same(one: str, other: str) -> None:
    assert spelling.key(one) == spelling.key(other)
    assert spelling.exact_key(one) != spelling.exact_key(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_letters_are_another_text(one: str, other: str) -> None:
    assert spelling.key(one) != spelling.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("N-1", "N1"), ("7", "007"), ("O-12", "0-12"), ("l5", "15"), ("Р-1", "P-1"), ("A.01", "A1")],
)
def test_numbers_that_an_eye_confuses_look_alike(one: str, other: str) -> None:
    assert spelling.look(one) == spelling.look(other)
    assert spelling.look(one) != spelling.look(one + "2")


def test_numbers_stay_apart_by_their_digits() -> None:
    assert len({spelling.look(number) for number in ("100", "10", "1001", "0", "P-10", "A1")}) == 6


def test_a_key_is_its_own_key() -> None:
    for text in [text for pair in SAME + ALMOST + OTHER for text in pair]:
        assert spelling.key(spelling.key(text)) == spelling.key(text)


def test_a_text_that_grows_beyond_its_column_keeps_a_key_of_its_own() -> None:
    long = "\ufdfa" * 64  # one character that stands for eighteen
    assert len(spelling.key(long)) == spelling.KEY_LENGTH
    assert spelling.key(long) != spelling.key(long[:-1])


def test_the_spelling_is_kept_without_what_nobody_sees() -> None:
    assert spelling.tidy("  O’Neill\u00a0 von\u3000Müller\u200b\ufeff ") == "O’Neill von Müller"
    assert spelling.tidy(unicodedata.normalize("NFD", "Müller")) == "Müller"
    assert spelling.tidy("می\u200cخواهم") == "می\u200cخواهم"  # a sign of Persian spelling


@pytest.mark.parametrize(
    "text",
    [
        "a\ufffdb",
        "a\x00b",
        "a\x1bb",
        "a\x85b",
        "a\ud800",
        "\u202egnp.1",
        "a\u2066b",
        "a\uffff",
        "a\nb",
        "\ufdd0",
        "\u200f",
        "\u3164 \u2800",
        "\U000e0041",
    ],
)
def test_what_is_no_text_is_told(text: str) -> None:
    assert spelling.fault(text)


@pytest.mark.parametrize(
    "text", ["Müller", "e\u0301", "می\u200cخواهم", "👩\u200d⚕\ufe0f", "𠮷田", "a\tb", "N-1\n"]
)
def test_what_people_write_is_text(text: str) -> None:
    assert not spelling.fault(text)


def test_only_free_text_has_several_lines() -> None:
    assert not spelling.fault("cough\r\nfever", lines=True)
    assert spelling.fault("cough\x0bfever", lines=True)


def test_a_search_is_split_as_people_write_names() -> None:
    assert spelling.words("Müller, Anna; \"P-1\" “x” 'y'") == ["muller", "anna", "p-1", "x", "y"]
    assert (
        spelling.words("MÜLLER^Anna^^Dr") == spelling.words("Müller (Anna) | Dr") == ["muller", "anna", "dr"]
    )
    assert spelling.variants("Müller O’Neill") == [["mueller", "muller"], ["o'neill"]]
    assert "muller" in spelling.variants("MUELLER")[0]
