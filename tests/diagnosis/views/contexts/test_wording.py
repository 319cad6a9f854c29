"""A range of answers reads like a range."""

import pytest

from diagnosis.models import Prediction
from diagnosis.views.contexts import wording


@pytest.mark.parametrize(
    ("values", "span"),
    [
        ([0.83, 0.71, 0.9], "Range over 3 views: 71–90 %"),
        ([0.832, 0.834, 0.826], "Range over 3 views: 83 %"),
        ([0.004, 0.02, 0.12], "Range over 3 views: < 1 % to 12 %"),
        ([0.95, 0.98, 0.999], "Range over 3 views: 95 % to > 99 %"),
    ],
)
def test_a_range_reads_like_a_range(values: list[float], span: str) -> None:
    stored = {
        "method": "m",
        "averaged": False,
        "p_abnormal": values,
        "low": min(values),
        "high": max(values),
        "spread": 0.1,
        "crosses_threshold": False,
    }
    said = wording.looks(Prediction(p_normal=1 - values[0], operating_point={}, uncertainty=stored))
    assert said is not None
    assert said.span == span
