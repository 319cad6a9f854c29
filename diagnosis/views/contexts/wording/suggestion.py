"""The next step that the protocol suggests for a result."""

from dataclasses import dataclass
from typing import Final

from diagnosis.models import Prediction, Standing, Triage
from diagnosis.services.ages import AgeCaution
from diagnosis.services.standing import ON_PROBATION


@dataclass(frozen=True)
class Advice:
    """A suggested next step, in a few words and in a sentence."""

    title: str
    text: str

    @property
    def explains(self) -> bool:
        """Whether the sentence tells what only this film has, and not what holds for each of its kind."""
        return self not in (ADVICE[Triage.PATHOLOGICAL.value], ADVICE[Triage.NORMAL.value])


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

LOOKED_TOO_LITTLE: Final = Advice(
    "Suggested: a doctor reads this film first",
    "Other limits came into force while this film was analysed, and the network looked at it too little for "
    "them. Its answer decides nothing here.",
)

UNFAMILIAR: Final = Advice(
    "Suggested: a doctor reads this film first",
    "This film is unlike those that the network learned from, perhaps in its grain or sharpness or in the "
    "patient’s age. Its answer decides nothing here.",
)

FEW_GREY_LEVELS: Final = Advice(
    "A human reads this film first",
    "This file has fewer than 64 shades of grey, so faint shadows may be lost in it. The network’s answer "
    "decides nothing here. Export the film again with all its grey levels (8 bits or more), if you can.",
)

LUNGS_NOT_FOUND: Final = Advice(
    "A human reads this film first",
    "The lungs were not found in this film, so the network looked at all of it. Its answer decides nothing "
    "here.",
)

CAUTIONED: Final = Advice(
    "A human reads this film first",
    "The checks of its picture warn of something, so the network’s answer decides nothing here.",
)

TOO_YOUNG: Final = Advice(
    "No suggestion: a doctor reads this film",
    "The network did not learn on patients of this age, and what the protocol suggests is made for adults.",
)

NOT_MEASURED_HERE: Final = Advice("No suggestion: a doctor reads this film", ON_PROBATION)

WITHDRAWN: Final = Advice(
    "No suggestion: its limits were withdrawn",
    "The limits by which this film was judged do not count any more. A doctor reads this film.",
)

PHANTOM_ADVICE = Advice(
    "Nothing to do: this is a drawing",
    "The network learned from people’s films, and this chest is nobody’s. "
    "Its result means nothing here: the numbers only show what a result looks like.",
)


def advice(prediction: Prediction, age: AgeCaution | None = None) -> Advice | None:
    """The next step that the protocol suggests for a film with this result; it is made for adults."""
    if age is not None and age.no_advice and not prediction.doubtful:
        return TOO_YOUNG
    if prediction.few_grey_levels:
        return FEW_GREY_LEVELS
    if prediction.lungs_not_found:
        return LUNGS_NOT_FOUND
    if prediction.unfamiliar:
        return UNFAMILIAR
    if prediction.cautioned:
        return CAUTIONED
    if prediction.withheld:
        return NOT_MEASURED_HERE if prediction.standing == Standing.PROBATION else WITHDRAWN
    if prediction.looked_too_little:
        return LOOKED_TOO_LITTLE
    return LOOKS_DISAGREE if prediction.looks_disagree else ADVICE.get(prediction.shown_triage.value)
