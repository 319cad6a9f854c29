"""Text of several lines, such as a note: every program's line breaks, and nothing that cannot be read."""

import pytest
from django.core.exceptions import ValidationError

from accounts.typed_text import TypedText


def test_line_breaks_of_word_and_dictation_are_line_breaks() -> None:
    assert TypedText(max_length=9).clean("a\x0bb\x0cc\u2028d\r\ne") == "a\nb\nc\nd\ne"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no \u202eevil", "direction"),
        ("M\ufffdller", "letters were lost"),
        ("a\x1bb", "control character"),
        ("a\0b", "taken out below"),
    ],
)
def test_what_would_read_otherwise_on_the_report_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TypedText().clean(text)


def test_what_people_write_is_taken() -> None:
    for text in ("كحة وحمى", "שלום", "5\u2009mm", "a\tb\n\nc", "👩🏽\u200d⚕️"):
        assert TypedText().clean(text) == text
