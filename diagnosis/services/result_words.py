"""The words for a result: a word first, a number second."""

from typing import Final

from diagnosis.cnn.findings import name_of
from diagnosis.models import Prediction, Standing, Triage
from diagnosis.services.standing import NOT_MEASURED


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


TYPE_LESS_RELIABLE: Final = "Type is less reliable than normal/abnormal."


def headline(prediction: Prediction) -> str:
    """Normal or abnormal, which the network tells apart best: "Abnormal · 91 %"."""
    abnormal = percent(prediction.p_abnormal)
    if prediction.few_grey_levels or prediction.lungs_not_found or prediction.cautioned:
        return f"The network cannot judge this film (abnormal {abnormal})"
    if prediction.unfamiliar:
        return f"Unfamiliar film: not used for triage (raw: abnormal {abnormal})"
    if prediction.standing == Standing.PROBATION:
        return f"Unsure · abnormal {abnormal}, {NOT_MEASURED}"
    if prediction.shown_triage == Triage.PATHOLOGICAL:
        return f"Abnormal · {abnormal}"
    if prediction.shown_triage == Triage.NORMAL:
        return f"Normal · {percent(prediction.p_normal)}"
    return f"Unsure · abnormal {abnormal}"


def kind(prediction: Prediction) -> str:
    """The kinds of pneumonia, the likelier first; the network tells them apart less well, and that is said.

    Empty for a normal film and for one that is doubtful in itself. If the network knows only one disease, the
    sentence says so.
    """
    if prediction.shown_triage == Triage.NORMAL or prediction.doubtful:
        return ""
    if prediction.p_covid19 is None or prediction.p_pneumonia is None:
        known = " and ".join(name_of(finding) for finding in prediction.probabilities)
        return f"This network knows only {known} films and cannot tell one kind of pneumonia from another."
    kinds = [
        f"COVID-19 {percent(prediction.p_covid19)}",
        f"other pneumonia {percent(prediction.p_pneumonia)}",
    ]
    if prediction.p_pneumonia > prediction.p_covid19:
        kinds.reverse()
    likelier, other = kinds
    return f"{likelier[0].upper()}{likelier[1:]} · {other}. {TYPE_LESS_RELIABLE}"


_STEPS: Final = {
    "queue": "waited",
    "load": "read from disk",
    "decode": "decoded",
    "derive": "display image",
    "model": "network loaded",
    "preprocess": "prepared",
    "network": "network",
    "looks": "more looks",
    "heatmap": "heatmap",
}


def steps(timings_ms: dict[str, float]) -> list[tuple[str, float]]:
    """The steps of an analysis in order, with their milliseconds."""
    return [(_STEPS.get(name, name), value) for name, value in timings_ms.items()]
