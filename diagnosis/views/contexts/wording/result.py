"""The words for a result: a sentence first, numbers second."""

from typing import Final

from diagnosis.cnn.findings import name_of
from diagnosis.models import Prediction, Triage


def percent(probability: float | None) -> str:
    """0.824 → "82 %"; never "0 %" or "100 %" for what is merely unlikely or likely."""
    if probability is None:
        return ""
    value = probability * 100
    if 0 < value < 1:
        return "< 1 %"
    if 99 < value < 100:
        return "> 99 %"
    return f"{value:.0f} %"


LESS_CERTAIN: Final = "this is less certain."


def headline(prediction: Prediction) -> str:
    """A sentence with normal or abnormal, which the network tells apart best."""
    if prediction.few_grey_levels or prediction.lungs_not_found:
        return f"The network cannot judge this film (abnormal {percent(prediction.p_abnormal)})"
    if prediction.unfamiliar:
        return f"The network does not know films like this one (abnormal {percent(prediction.p_abnormal)})"
    if prediction.triage == Triage.PATHOLOGICAL:
        return f"The network sees an abnormal film ({percent(prediction.p_abnormal)})"
    if prediction.triage == Triage.NORMAL:
        sought = "COVID-19" if prediction.p_pneumonia is None else "pneumonia"
        return f"The network sees no signs of {sought} (normal {percent(prediction.p_normal)})"
    return f"The network is unsure (abnormal {percent(prediction.p_abnormal)})"


def kind(prediction: Prediction) -> str:
    """A sentence with the likelier kind of pneumonia, which the network tells apart less well.

    Empty for a normal film and for one that is doubtful in itself. If the network knows only one disease, the
    sentence says so.
    """
    if prediction.triage == Triage.NORMAL or prediction.doubtful:
        return ""
    if prediction.p_covid19 is None or prediction.p_pneumonia is None:
        known = " and ".join(name_of(finding) for finding in prediction.probabilities)
        return f"This network knows only {known} films and cannot tell one kind of pneumonia from another."
    covid19, pneumonia = percent(prediction.p_covid19), percent(prediction.p_pneumonia)
    if prediction.p_covid19 >= prediction.p_pneumonia:
        return f"More like COVID-19 ({covid19}) than another pneumonia ({pneumonia}); {LESS_CERTAIN}"
    return f"More like another pneumonia ({pneumonia}) than COVID-19 ({covid19}); {LESS_CERTAIN}"


_STEPS: Final = {
    "queue": "waited",
    "load": "read from disk",
    "decode": "decoded",
    "derive": "display image",
    "model": "network loaded",
    "preprocess": "prepared",
    "network": "network",
    "looks": "two more looks",
    "heatmap": "heatmap",
}


def steps(timings_ms: dict[str, float]) -> list[tuple[str, float]]:
    """The steps of an analysis in order, with their milliseconds."""
    return [(_STEPS.get(name, name), value) for name, value in timings_ms.items()]
