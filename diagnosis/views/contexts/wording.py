"""What results and events are called on pages: sentences first, numbers second."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from accounts.models import AuditEvent
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


@dataclass(frozen=True)
class Advice:
    """What the protocol suggests, in a few words and in a sentence."""

    title: str
    text: str


ADVICE: Final[dict[str, Advice]] = {
    Triage.PATHOLOGICAL.value: Advice(
        "Admit for further diagnosis and PCR",
        "The protocol suggests this for a film that the network calls abnormal. A doctor decides.",
    ),
    Triage.UNSURE.value: Advice(
        "A human reads this film first",
        "The network’s answer lies between its limits and does not decide anything here.",
    ),
    Triage.NORMAL.value: Advice(
        "Home, and wait for the PCR result",
        "The protocol suggests this for a film that the network calls normal. A normal film does not rule an "
        "infection out. A doctor decides.",
    ),
}


LOOKS_DISAGREE: Final = Advice(
    "A human reads this film first",
    "The network calls this film abnormal in one look and normal in another (as it is, mirrored, slightly "
    "enlarged). Its answer does not decide anything here.",
)


UNFAMILIAR: Final = Advice(
    "A human reads this film first",
    "This film is unlike those that the network learned from: in its grain or sharpness, perhaps, or the "
    "patient’s age. Its answer does not decide anything here.",
)


LESS_CERTAIN: Final = "this is less certain."

PHANTOM_ADVICE = Advice(
    "Nothing to do: this is a drawing",
    "The network learned from people’s films. It would refuse a drawing from anybody but the demonstration, "
    "and what it says about one means nothing: the numbers only show how a result looks.",
)


def headline(prediction: Prediction) -> str:
    """Normal or abnormal, which the network tells best."""
    if prediction.unfamiliar:
        return f"The network does not know films like this one (abnormal {percent(prediction.p_abnormal)})"
    if prediction.triage == Triage.PATHOLOGICAL:
        return f"The network sees an abnormal film ({percent(prediction.p_abnormal)})"
    if prediction.triage == Triage.NORMAL:
        sought = "COVID-19" if prediction.p_pneumonia is None else "pneumonia"
        return f"The network sees no signs of {sought} (normal {percent(prediction.p_normal)})"
    return f"The network is unsure (abnormal {percent(prediction.p_abnormal)})"


def kind(prediction: Prediction) -> str:
    """Which pneumonia it looks like, which the network tells less well, in a sentence.

    Empty for a normal film and for one unlike those of the training. A network that knows only one disease
    says that instead.
    """
    if prediction.triage == Triage.NORMAL or prediction.unfamiliar:
        return ""
    if prediction.p_covid19 is None or prediction.p_pneumonia is None:
        known = " and ".join(name_of(finding) for finding in prediction.probabilities)
        return f"This network knows {known} films only and does not tell one kind of pneumonia from another."
    covid19, pneumonia = percent(prediction.p_covid19), percent(prediction.p_pneumonia)
    if prediction.p_covid19 >= prediction.p_pneumonia:
        return f"Rather signs of COVID-19 ({covid19}) than of another pneumonia ({pneumonia}); {LESS_CERTAIN}"
    return f"Rather signs of pneumonia ({pneumonia}) than of COVID-19 ({covid19}); {LESS_CERTAIN}"


def advice(prediction: Prediction) -> Advice | None:
    """What the protocol suggests for a film with this result."""
    if prediction.unfamiliar:
        return UNFAMILIAR
    return LOOKS_DISAGREE if prediction.looks_disagree else ADVICE.get(prediction.triage)


@dataclass(frozen=True)
class Looks:
    """How the network's answer wobbles between looks at the same film, as pages tell and draw it."""

    low: float
    high: float
    span: str
    method: str
    each: str
    averaged: bool
    note: str

    MEANING: ClassVar[str] = (
        "The range is the network’s own wobble when the film is mirrored or slightly enlarged, not a "
        "confidence interval for the patient."
    )


def looks(prediction: Prediction) -> Looks | None:
    """The looks of a prediction in words; None where none are on record."""
    stored = prediction.uncertainty
    if not stored:
        return None
    note = ""
    if prediction.looks_disagree:
        note = "They fall on both sides of the network’s limits, so a human reads this film first."
    elif stored["crosses_threshold"]:
        note = "They do not all fall on the same side of the network’s limits."
    return Looks(
        low=stored["low"],
        high=stored["high"],
        span=_span(stored["low"], stored["high"], len(stored["p_abnormal"])),
        method=stored["method"],
        each=" · ".join(percent(value) for value in stored["p_abnormal"]),
        averaged=stored["averaged"],
        note=note,
    )


def _span(low: float, high: float, count: int) -> str:
    """Such as: 71–90 % over three looks at the same film."""
    first, last = percent(low), percent(high)
    of = f"{_COUNTS.get(count, count)} looks at the same film"
    if first == last:
        return f"{first} in each of {of}"
    if first[0].isdigit() and last[0].isdigit():
        return f"{first.removesuffix(' %')}–{last} over {of}"
    return f"{first} to {last} over {of}"


_COUNTS: Final = {2: "two", 3: "three", 4: "four", 5: "five"}

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
    """The steps of an analysis in their order, with their milliseconds."""
    return [(_STEPS.get(name, name), value) for name, value in timings_ms.items()]


@dataclass(frozen=True)
class Happening:
    """One line of a study's history."""

    at: datetime
    actor: str
    text: str
    sequence: int


_EVENTS: Final = {
    "study.created": "entered the study",
    "study.updated": "corrected the study ({fields})",
    "scan.received": "sent {film}",
    "scan.received_again": "sent a file that was there already ({film})",
    "scan.analysed": "analysed {film} with {model}: {finding}, {triage}",
    "scan.refused": "could not use {film} ({code})",
    "scan.failed": "could not analyse {film} ({code})",
    "scan.set_aside": "set {film} aside: it needs nothing more",
    "scan.moved": "moved {film} {where}",
    "scan.retried": "asked to analyse {film} again",
    "scan.requeued": "put {film} back into the queue",
    "review.signed": "signed a review of {film}: {decision}{found}",
    "study.viewed": "opened the study",
    "report.viewed": "opened the report",
    "scan.downloaded": "downloaded the original of {film}",
}
READS: Final = frozenset({"study.viewed", "report.viewed", "scan.downloaded"})


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "–"


def happening(event: AuditEvent, films: dict[str, str]) -> Happening:
    """An audit event as a sentence; `films` names each scan of the study by its public id."""
    facts = _Facts(event.facts)
    facts["film"] = films.get(event.subject.partition(":")[2], "a film")
    if isinstance(facts.get("fields"), list):
        facts["fields"] = ", ".join(facts["fields"]).replace("_", " ")
    facts["where"] = "to a study of another patient" if "to" in facts else "here from another patient’s study"
    for name in ("finding", "triage", "code", "decision"):
        if isinstance(facts.get(name), str):
            facts[name] = _NAMES.get(facts[name], facts[name].replace("_", " "))
    facts["found"] = f" ({facts['finding']})" if facts.get("finding") else ""
    known = _EVENTS.get(event.action, event.action.replace(".", " "))
    if event.action == "scan.refused" and event.subject.startswith("study:"):
        known = "sent a file that was not taken ({code})"  # refused at the door: it never became a film
    text = known.format_map(facts)
    actor = {"worker": "The analysis", "carina": "The portal"}.get(event.actor, event.actor)
    return Happening(event.at, actor, text, event.sequence)


_NAMES: Final = {
    "covid19": "COVID-19",
    "agree": "agrees with the network",
    "change": "changes the finding",
    "reject": "rejects the prediction",
}
