"""A film's name is made harmless and stays readable."""

import pytest

from tests.conftest import Cast
from tests.diagnosis.services.intake.receiving import receive, study_of
from tests.films import phantom_png


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\films\\röntgen.png", "röntgen.png"),
        ("ro\u0308ntgen.png", "röntgen.png"),
        ("胸部 X線.png", "胸部 X線.png"),
        ("film\u202egnp.exe", "filmgnp.exe"),
        ("a\x00b\nc.png", "abc.png"),
        ("", "unnamed file"),
        ("..", "unnamed file"),
    ],
)
def test_names_are_made_harmless_and_stay_readable(cast: Cast, sent: str, kept: str) -> None:
    assert receive(study_of(cast), cast, phantom_png(1), name=sent).scan.original_name == kept


def test_a_long_name_is_shortened_and_keeps_its_ending(cast: Cast) -> None:
    name = receive(study_of(cast), cast, phantom_png(1), name="x" * 300 + ".png").scan.original_name
    assert len(name) <= 255
    assert name.endswith("….png")
