"""Whether a network's answer about a patient of this age rests on films of such patients.

A network learned each of its classes on films of certain ages; its card may name the youngest for each. What
is told follows from the birth date on record today, not from that of the day of the analysis: a birth date
that is corrected later corrects what the page, the report and the API say of an earlier result, too. The age
is that on the day of the examination.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils import timezone

from diagnosis import births
from diagnosis.cnn.findings import name_of
from diagnosis.models import Patient, Prediction, Scan

ADULT: Final = 18
_YEARS: Final = {"D": 1 / 365, "W": 7 / 365, "M": 1 / 12, "Y": 1}


@dataclass(frozen=True)
class AgeCaution:
    """A code for programs ("too_young", "age_unknown"), a sentence for people."""

    code: str
    text: str

    @property
    def no_advice(self) -> bool:
        """Whether the protocol's next step, which is made for adults, is not told."""
        return self.code == TOO_YOUNG


TOO_YOUNG: Final = "too_young"
AGE_UNKNOWN: Final = "age_unknown"


def caution(prediction: Prediction, scan: Scan, patient: Patient) -> AgeCaution | None:
    """What has to be said of the patient's age beside a result; None if its classes were learned on such.

    A network whose card names no ages learned on adults, as far as anybody knows.
    """
    if scan.is_phantom:
        return None
    learned = youngest_of(prediction.model_version.card, prediction.probabilities)
    age = youngest_age(scan, patient)
    if age is None:
        classes = [name for name, years in learned.items() if years >= ADULT]
        if not classes:
            return None
        return AgeCaution(AGE_UNKNOWN, f"Age not known: the network learned {_all(classes, learned)}.")
    missing = {name: years for name, years in learned.items() if age < years}
    if not missing:
        return None
    told = f"This patient {_aged(age, scan, patient)}: the network learned {_all(list(missing), learned)}."
    return AgeCaution(TOO_YOUNG, f"{told} Its percentages may mean nothing here, and there is no advice.")


def youngest_of(card: Mapping[str, Any], classes: Mapping[str, float]) -> dict[str, int]:
    """By class, the age in years from which on the network learned it; an adult's where it says none."""
    said = card.get("ages")
    known = said if isinstance(said, dict) else {}
    return {name: years if isinstance(years := known.get(name), int) else ADULT for name in classes}


def too_young(card: Mapping[str, Any], scan: Scan, patient: Patient) -> bool:
    """Whether the patient may have been younger than a class of this network was learned on."""
    age = None if scan.is_phantom else youngest_age(scan, patient)
    learned = youngest_of(card, dict.fromkeys(("covid19", "pneumonia", "normal"), 0.0))
    return age is not None and age < max(learned.values())


def youngest_age(scan: Scan, patient: Patient) -> int | None:
    """The youngest that the patient may have been that day, in years; None if nothing is known.

    By the birth date on record, else by the age in the film's header.
    """
    day = timezone.localtime(scan.study.taken_at).date()
    if patient.birth_date:
        return _youngest(patient.birth_date, day, estimated=patient.birth_estimated)
    found = re.fullmatch(
        r"(\d{1,3})([DWMY])", str(scan.header.get("more", {}).get("age", "")).strip().upper()
    )
    return int(int(found[1]) * _YEARS[found[2]]) if found else None


def _youngest(birth: str, day: date, *, estimated: bool) -> int:
    last = births.last_day(births.relied_on(birth, estimated=estimated))
    years = day.year - last.year - ((day.month, day.day) < (last.month, last.day))
    return max(0, years - (births.GUESS_YEARS if estimated else 0))


def _aged(age: int, scan: Scan, patient: Patient) -> str:
    known = patient.age_on(timezone.localtime(scan.study.taken_at).date()) or str(age)
    return "was not a year old" if known == "0" else f"was {known} year{'' if known == '1' else 's'} old"


def _all(classes: list[str], learned: Mapping[str, int]) -> str:
    """ "COVID-19 on adults only", "all it knows on adults only"."""
    if len(classes) == len(learned):
        words = "all that it knows"
    else:
        words = " and ".join(name_of(name) for name in classes)
    years = max(learned[name] for name in classes)
    return f"{words} on adults only" if years == ADULT else f"{words} on patients of {years} years and more"
