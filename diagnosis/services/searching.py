"""Finds studies by the beginnings of the words in patients' numbers and names, and by accession number.

Every step reads a range of an index and stops at a bound, so that a search costs in a clinic of a million
studies what it costs in one of ten thousand. Where a bound cut something off, `Found.cut` says so.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Q, QuerySet

from diagnosis import spelling
from diagnosis.models import Patient, PatientWord, Study
from diagnosis.models.patient_word import LONGEST

MOST_PATIENTS: Final = 100
MOST_STUDIES: Final = 1000
FEW: Final = 3 * MOST_PATIENTS  # a patient may have several words with one beginning
MOST_OF_A_WORD: Final = 3000  # patients of one of several common words
MOST_WORDS: Final = 8
BEYOND: Final = "\U0010ffff"


@dataclass(frozen=True)
class Found:
    """The studies' primary keys; `cut`: more fit than are among them."""

    studies: list[int]
    cut: bool


def found(studies: QuerySet[Study], sought: str, *, clinic: int | None) -> Found:
    """The studies with every word at the beginning of one of the patient's, or with this accession number."""
    spelt = spelling.variants(sought)[:MOST_WORDS]
    longest_first = sorted(spelt, key=lambda spellings: -max(map(len, spellings)))
    people = _people([_begins(spellings) for spellings in longest_first], clinic) if spelt else set()
    cut = len(people) > MOST_PATIENTS
    kept = sorted(people, reverse=True)[:MOST_PATIENTS]  # the newest
    merged = Patient.objects.filter(pk__in=kept, merged_into__isnull=False).values_list(
        "merged_into", flat=True
    )
    # by patient alone: beside a clinic, SQLite would read all of that; the filter keeps to what may be seen
    of_people = Study.objects.filter(patient__in={*kept, *merged}) if kept else studies.none()
    whole = {spelling.key(sought), " ".join(spelling.words(sought))} - {""}
    by_accession = studies.filter(accession_key__in=whole)
    keys = [
        key
        for rows in (of_people, by_accession)
        for key in rows.order_by().values_list("pk", flat=True)[: MOST_STUDIES + 1]
    ]
    return Found(sorted(set(keys)), cut or len(keys) > MOST_STUDIES)


def _begins(spellings: list[str]) -> Q:
    """One of these at the beginning of a word, as a range of the index."""
    ranges = [Q(word__gte=word[:LONGEST], word__lt=word[:LONGEST] + BEYOND) for word in spellings if word]
    return reduce(or_, ranges)


def _people(words: list[Q], clinic: int | None) -> set[int]:
    """The patients with all of these words: those of the first rare one, looked at for the others."""
    for most in (FEW, MOST_OF_A_WORD):
        for place, word in enumerate(words):
            pile = _some(word, clinic, most)
            if len(pile) < most or len(words) == 1:
                return _with_all(set(pile), words[:place] + words[place + 1 :])
    # all are common: the database compares all of them
    rows = PatientWord.objects.filter(words[0], clinic=clinic)
    for word in words[1:]:
        rows = rows.filter(patient__in=PatientWord.objects.filter(word, clinic=clinic).values("patient"))
    return set(rows.order_by().values_list("patient", flat=True)[:FEW])


def _with_all(people: set[int], words: list[Q]) -> set[int]:
    for word in words:
        with_word = PatientWord.objects.filter(word, patient__in=people).order_by()
        people = set(with_word.values_list("patient", flat=True)) if people else people
    return people


def _some(word: Q, clinic: int | None, most: int) -> list[int]:
    rows = PatientWord.objects.filter(word, clinic=clinic).order_by()
    return list(rows.values_list("patient", flat=True)[:most])
