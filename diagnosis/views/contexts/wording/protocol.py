"""What the protocol suggests for a result."""

from dataclasses import dataclass
from typing import Final

from diagnosis.models import Prediction, Triage


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

PHANTOM_ADVICE = Advice(
    "Nothing to do: this is a drawing",
    "The network learned from people’s films. It would refuse a drawing from anybody but the demonstration, "
    "and what it says about one means nothing: the numbers only show how a result looks.",
)


def advice(prediction: Prediction) -> Advice | None:
    """What the protocol suggests for a film with this result."""
    if prediction.unfamiliar:
        return UNFAMILIAR
    return LOOKS_DISAGREE if prediction.looks_disagree else ADVICE.get(prediction.triage)
