"""What the demonstration tells: who was filmed when and why, and what a doctor has said about it since.

Invented people; any resemblance is a coincidence, and none of them is on a film. A reason for the examination
must not give the result away: half of those who cough have clear lungs.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from diagnosis.imaging.phantom.opacities import DENSE, HAZY, NORMAL
from diagnosis.models import Decision, Finding, Sex

RIVERSIDE, HILLVIEW = "Riverside Hospital", "Hillview Clinic"
CASTELLAN, WHITLOCK, BRANDT = (
    "doctor@riverside.example", "colleague@riverside.example", "doctor@hillview.example",
)  # fmt: skip
PART = "part"  # of a chest: the film checks refuse it


@dataclass(frozen=True)
class Person:
    """An invented patient; their number is their place in the story."""

    first_name: str
    last_name: str
    sex: str
    age: int


@dataclass(frozen=True)
class Film:
    """Which drawing is shown; a real film of the same sort takes its place where there is one."""

    kind: str
    seed: int


@dataclass(frozen=True)
class Word:
    """What a doctor signs about a study's first film, and how long after it came in.

    decision: what they make of the network's answer, if that suits it; finding: what they see.
    """

    doctor: str
    finding: str
    after: timedelta
    decision: str = Decision.AGREE
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Visit:
    """One study: whose, how long ago, why, with which films, and what was said."""

    person: Person
    ago: timedelta
    reason: str
    films: tuple[Film, ...]
    words: tuple[Word, ...] = ()
    clinic: str = RIVERSIDE
    symptoms: str = ""
    ill_for: int | None = None  # days before the visit
    pcr: str = "unknown"
    urgent: bool = False


def _days(days: float, hours: float = 0.0) -> timedelta:
    return timedelta(days=days, hours=hours)


def _minutes(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


FERRO: Final = Person("Nadia", "Ferro", Sex.FEMALE, 65)
LINDQVIST: Final = Person("Tomas", "Lindqvist", Sex.MALE, 58)
OKAFOR: Final = Person("Beatriz", "Okafor", Sex.FEMALE, 34)

STORY: Final = (
    Visit(FERRO, _days(20, 5), "Before a hip replacement", (Film(NORMAL, 2),),
          (Word(CASTELLAN, Finding.NORMAL, _minutes(35), note="Clear lungs. Heart of normal size."),)),
    Visit(FERRO, _days(6, 3), "Cough and fever for three days", (Film(HAZY, 1),),
          (Word(WHITLOCK, Finding.PNEUMONIA, _minutes(22),
                note="Patches on both sides, more of them low. Film again in a week."),),
          symptoms="cough, fever 38.6 °C", ill_for=3, pcr="negative"),
    Visit(FERRO, _minutes(26), "Short of breath, oxygen 89 %: worse since the last film?", (Film(HAZY, 2),),
          symptoms="short of breath, cough", ill_for=10, pcr="pending", urgent=True),
    Visit(LINDQVIST, _days(16, 2), "Yearly film, formerly a miner", (Film(NORMAL, 3),),
          (Word(CASTELLAN, Finding.NORMAL, _minutes(51)),)),
    Visit(LINDQVIST, _minutes(118), "Fever and pain on breathing in, right side", (Film(DENSE, 2),),
          symptoms="fever, chest pain", ill_for=2),
    Visit(OKAFOR, _days(12, 4), "Cough for five days", (Film(DENSE, 4),),
          (Word(WHITLOCK, Finding.PNEUMONIA, _minutes(18), note="Consolidation, mostly one-sided."),
           Word(CASTELLAN, Finding.COVID19, _days(1, 2), Decision.CHANGE,
                note="Amended: the PCR came back positive after the first reading.")),
          symptoms="cough, no sense of smell", ill_for=5, pcr="positive"),
    Visit(OKAFOR, _minutes(52), "Control two weeks after an infection of the lungs", (Film(NORMAL, 4),),
          pcr="negative"),
    Visit(Person("Emeka", "Brandao", Sex.MALE, 47), _days(4, 6), "Weight loss, tired", (Film(HAZY, 3),),
          (Word(CASTELLAN, "", _minutes(44), Decision.REJECT,
                reason="Old scars, unchanged against films from elsewhere", note="CT from 2024 seen."),)),
    Visit(Person("Ivan", "Petrov", Sex.MALE, 29), _minutes(75), "Fell from a ladder",
          (Film(PART, 5),)),
    Visit(Person("Greta", "Eriksen", Sex.FEMALE, 71), _days(0, 3.2), "Intensive care: course?",
          (Film(DENSE, 7), Film(HAZY, 10), Film(NORMAL, 6)),
          (Word(WHITLOCK, Finding.PNEUMONIA, _minutes(40)),), symptoms="ventilated", ill_for=8,
          pcr="negative"),
    Visit(Person("Felix", "Moreau", Sex.MALE, 52), _days(1, 4), "Fever for a week", (Film(HAZY, 11),),
          symptoms="fever, cough", ill_for=7, pcr="pending"),
    Visit(Person("Hana", "Kowalska", Sex.FEMALE, 41), _minutes(37), "Cough for three weeks",
          (Film(NORMAL, 7),), symptoms="cough", ill_for=21),
    Visit(Person("Dimitri", "Jansen", Sex.MALE, 38), _minutes(64), "Fever after a journey",
          (Film(NORMAL, 1),),
          symptoms="fever", ill_for=4),
    Visit(Person("Ines", "Abeln", Sex.FEMALE, 24), _minutes(12), "New at work: first film",
          (Film(NORMAL, 8),)),
    Visit(Person("Goran", "Novak", Sex.MALE, 60), _days(9, 1), "Cough, smokes", (Film(NORMAL, 10),),
          (Word(BRANDT, Finding.NORMAL, _minutes(28)),), HILLVIEW, symptoms="cough"),
    Visit(Person("Devi", "Castelo", Sex.FEMALE, 45), _minutes(83), "Cough and fever for four days",
          (Film(HAZY, 5),), clinic=HILLVIEW, symptoms="cough, fever", ill_for=4, pcr="pending"),
    Visit(Person("Hiro", "Gruber", Sex.MALE, 55), _minutes(41), "Pain on the left when breathing in",
          (Film(NORMAL, 12),), clinic=HILLVIEW, symptoms="chest pain", ill_for=1),
    Visit(Person("Fatou", "Demirel", Sex.FEMALE, 67), _days(0, 2.4), "Short of breath on the stairs",
          (Film(DENSE, 9),), clinic=HILLVIEW, symptoms="short of breath", ill_for=14),
)  # fmt: skip
