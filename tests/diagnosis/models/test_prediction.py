"""A stored prediction says whether its looks contradict one another."""

import pytest

from diagnosis.models import OperatingPoint, Prediction

LIMITS = OperatingPoint(normal_below=0.3, pathological_from=0.6)


@pytest.mark.parametrize(
    ("p_abnormal", "looks", "disagree"),
    [
        (0.9, [0.9, 0.2, 0.8], True),
        (0.1, [0.1, 0.6, 0.2], True),
        (0.1, [0.7, 0.7, 0.8], True),  # a mean that lies where none of its looks is
        (0.9, [0.9, 0.3, 0.8], False),
        (0.4, [0.4, 0.1, 0.5], False),
    ],
)
def test_looks_disagree_where_they_fall_on_both_sides_of_the_band(
    p_abnormal: float, looks: list[float], disagree: bool
) -> None:
    stored = Prediction(p_normal=1 - p_abnormal, limits=LIMITS, uncertainty={"p_abnormal": looks})
    assert stored.looks_disagree is disagree


def test_a_film_is_unfamiliar_only_where_somebody_looked() -> None:
    assert Prediction(uncertainty={"unfamiliar": True}).unfamiliar is True
    assert Prediction(uncertainty={"unfamiliar": False}).unfamiliar is False
    assert Prediction(uncertainty={"p_abnormal": [0.5]}).unfamiliar is False
    assert Prediction().unfamiliar is False


def test_predictions_from_before_looks_were_looked_at_do_not_disagree() -> None:
    assert Prediction(p_normal=0.5, limits=LIMITS).looks_disagree is False
    assert Prediction(p_normal=0.5, uncertainty={"p_abnormal": [0, 1]}).looks_disagree is False
