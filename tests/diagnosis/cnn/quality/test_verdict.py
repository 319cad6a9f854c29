"""What follows from a look at a film: refusal, correction, caution."""

from typing import Any

import numpy as np
import pytest

from diagnosis.cnn.quality.film_checks import KINDS, Look
from diagnosis.cnn.quality.refusals import REFUSALS, NotAChestRadiograph, refusal
from diagnosis.cnn.quality.verdict import doubtful, judge, with_cut_off_lungs
from diagnosis.imaging.radiograph import Radiograph
from tests.diagnosis.cnn.conftest import draw_film

FILM = np.asarray(draw_film("normal", 0, side=300), dtype=np.float32) / 255
UPRIGHT = (1.0, 0.0, 0.0, 0.0)


def look(
    kind: str = "frontal",
    p: float = 1.0,
    inverted: float = 0.0,
    turned: tuple[float, ...] = UPRIGHT,
    mirrored: float = 0.0,
) -> Look:
    rest = "part" if kind == "frontal" else "frontal"
    return Look({name: {kind: p, rest: 1 - p}.get(name, 0.0) for name in KINDS}, inverted, turned, mirrored)


class Looking:
    """Film checks that say what they are told to, one look after another, and keep what they saw."""

    checksum = "abc"
    limits = {
        "refuse": 0.9, "correct": 0.97, "confirm": 0.9, "suspect": 0.5, "mirrored": 0.8, "caution": 0.5,
    }  # fmt: skip

    def __init__(self, *looks: Look) -> None:
        self.looks = list(looks)
        self.seen: list[Any] = []

    def look(self, pixels: Any) -> Look:
        self.seen.append(pixels)
        return self.looks.pop(0)


def film() -> Radiograph:
    return Radiograph(FILM, FILM.shape[1], FILM.shape[0], {"levels": "200"})


def codes(of: list[dict[str, Any]]) -> list[str]:
    return [one["code"] for one in of]


@pytest.mark.parametrize(
    ("kind", "code"), [("other", "not_a_chest_film"), ("lateral", "lateral"), ("part", "lungs_cut_off")]
)
def test_what_is_surely_no_frontal_film_is_refused_with_its_probability(kind: str, code: str) -> None:
    with pytest.raises(NotAChestRadiograph) as refused:
        judge(Looking(look(kind, 0.95)), film())
    assert refused.value.code == code
    assert refused.value.confidence == pytest.approx(0.95)
    assert refused.value.named("a.png").confidence == refused.value.confidence


def test_what_is_only_likely_none_is_told_and_not_refused() -> None:
    judged = judge(Looking(look("lateral", 0.6)), film())
    assert judged.cautions == [{"code": "lateral_suspected", "confidence": 0.6}]
    assert doubtful(judged.quality())


def test_an_inverted_film_turned_clockwise_is_put_right_and_said() -> None:
    checks = Looking(look(inverted=0.99, turned=(0.0, 0.98, 0.02, 0.0)), look())
    judged = judge(checks, film())
    assert judged.corrections == [
        {"code": "inverted", "confidence": 0.99},
        {"code": "rotated_90", "confidence": 0.98},
    ]
    assert judged.cautions == []
    np.testing.assert_array_equal(judged.film.pixels, np.rot90(1 - FILM))
    np.testing.assert_array_equal(checks.seen[1], judged.film.pixels)
    assert judged.quality()["checks"] == "abc"
    assert not doubtful(judged.quality())


def test_a_correction_that_does_not_look_right_afterwards_is_not_made() -> None:
    judged = judge(Looking(look(inverted=0.99), look(inverted=0.5)), film())
    assert judged.corrections == []
    assert codes(judged.cautions) == ["inverted_suspected"]
    assert judged.film.pixels is FILM


def test_a_film_whose_correction_a_person_undid_goes_to_a_person() -> None:
    judged = judge(Looking(look(turned=(0.0, 0.0, 1.0, 0.0)), look()), film(), correct=False)
    assert judged.corrections == []
    assert codes(judged.cautions) == ["needs_correction"]
    assert judged.film.pixels is FILM
    assert doubtful(judged.quality())


def test_a_film_that_is_right_needs_no_second_look() -> None:
    checks = Looking(look())
    judged = judge(checks, film(), correct=False)
    assert (judged.corrections, judged.cautions) == ([], [])
    assert len(checks.seen) == 1


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (look(inverted=0.8), "inverted_suspected"),
        (look(turned=(0.3, 0.0, 0.7, 0.0)), "turned_suspected"),
        (look(mirrored=0.85), "mirrored_suspected"),
        (look("several"), "several_films"),
        (look("photographed"), "film_photographed"),
    ],
)
def test_what_is_suspected_alone_is_told(seen: Look, code: str) -> None:
    judged = judge(Looking(seen), film())
    assert codes(judged.cautions) == [code]
    assert judged.corrections == []


def test_of_all_cautions_a_burnt_in_name_alone_leaves_the_answer_as_it_is() -> None:
    name = {"code": "burnt_in_text_suspected", "confidence": 1.0}
    assert not doubtful({"cautions": [name]})
    assert doubtful({"cautions": [name, {"code": "too_dark", "confidence": 1.0}]})
    assert not doubtful({})


def test_lungs_that_run_out_of_the_film_are_told_once() -> None:
    once = with_cut_off_lungs({"corrections": [], "cautions": [], "checks": ""})
    assert codes(once["cautions"]) == ["lungs_cut_off_suspected"]
    assert with_cut_off_lungs(once) == once


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_refusal_says_what_and_what_to_do_and_fits_its_column(code: str) -> None:
    refused = refusal(code)
    assert refused.message.endswith(".")
    assert refused.advice.endswith(".")
    assert refused.confidence is None
    assert len(code) <= 32
