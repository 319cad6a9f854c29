"""The next step that the protocol suggests for a result."""

from dataclasses import dataclass
from typing import Final

from diagnosis.models import Prediction, Triage


@dataclass(frozen=True)
class Advice:
    """A suggested next step, in a few words and in a sentence."""

    title: str
    text: str


ADVICE: Final[dict[str, Advice]] = {
    Triage.PATHOLOGICAL.value: Advice(
        "Suggested: admit, PCR",
        "The protocol suggests this for a film that the network calls abnormal. A doctor decides.",
    ),
    Triage.UNSURE.value: Advice(
        "Suggested: a doctor reads this film first",
        "The network’s answer is between its limits and decides nothing here.",
    ),
    Triage.NORMAL.value: Advice(
        "Suggested: home, await PCR",
        "The protocol suggests this for a film that the network calls normal. A normal film does not rule "
        "out an infection. A doctor decides.",
    ),
}


LOOKS_DISAGREE: Final = Advice(
    "Suggested: a doctor reads this film first",
    "The network calls this film abnormal in one look and normal in another (as it is, mirrored, slightly "
    "enlarged). Its answer decides nothing here.",
)


UNFAMILIAR: Final = Advice(
    "Suggested: a doctor reads this film first",
    "This film is unlike those that the network learned from, perhaps in its grain or sharpness or in the "
    "patient’s age. Its answer decides nothing here.",
)

PHANTOM_ADVICE = Advice(
    "Nothing to do: this is a drawing",
    "The network learned from people’s films and accepts a drawing only in the demonstration. "
    "Its result means nothing here: the numbers only show what a result looks like.",
)


def advice(prediction: Prediction) -> Advice | None:
    """The next step that the protocol suggests for a film with this result."""
    if prediction.unfamiliar:
        return UNFAMILIAR
    return LOOKS_DISAGREE if prediction.looks_disagree else ADVICE.get(prediction.triage)
