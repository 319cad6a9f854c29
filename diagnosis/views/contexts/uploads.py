"""The outcome of each uploaded file, as messages on the next page or as JSON for our script."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.urls import reverse
from django.utils.html import format_html

from diagnosis.models import Patient, Study
from diagnosis.services.intake.films import OTHER_PATIENT, RECEIVED, REFUSED, FilmOutcome
from diagnosis.services.intake.outcome import InstanceOutcome


def as_json(film: FilmOutcome) -> dict[str, str]:
    """For one file: its name, its outcome, what to do, and where it is if it was already on record."""
    elsewhere = film.scan is not None and film.duplicate
    return {
        "name": film.name,
        "outcome": film.outcome,
        "text": film.text or "Received.",
        "url": _address(film) if elsewhere else "",
    }


def as_messages(films: list[FilmOutcome]) -> Iterator[tuple[int, str]]:
    """One message for all received films, and one for each other file."""
    received = sum(film.outcome == RECEIVED for film in films)
    if received:
        yield messages.SUCCESS, f"{received} film{'s' if received > 1 else ''} received."
    for film in films:
        if film.outcome == REFUSED:
            yield messages.ERROR, format_html("<strong>{}</strong> was refused. {}", film.name, film.text)
        elif film.outcome != RECEIVED:
            level = messages.ERROR if film.outcome == OTHER_PATIENT else messages.WARNING
            yield (
                level,
                format_html(
                    '<strong>{}</strong>: {} <a href="{}">Open that film’s study</a>',
                    film.name,
                    film.text,
                    _address(film),
                ),
            )


# Of a file that says itself whose it is: what became of it, in a word for people and one for our script
_WORDS: Final = {
    "received": ("Received", "success"),
    "duplicate": ("Already here", "info"),
    "other_patient": ("Not added", "danger"),
    "held": ("Waits for a person", "warning"),
    "skipped": ("Passed over", "info"),
    "conflict": ("Not taken", "danger"),
    "refused": ("Not taken", "danger"),
}


@dataclass(frozen=True)
class Line:
    """What became of one file, for the page after sending."""

    name: str
    outcome: str
    word: str
    level: str
    text: str
    study: Study | None
    url: str

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "outcome": self.outcome, "text": self.text or "Received.", "url": self.url}

    def as_message(self) -> tuple[int, str]:
        level = messages.SUCCESS if self.level == "success" else getattr(messages, _LEVELS[self.level])
        link = format_html(' <a href="{}">Open its study</a>', self.url) if self.url else ""
        return level, format_html("<strong>{}</strong>: {}. {}{}", self.name, self.word, self.text, link)


_LEVELS: Final = {"info": "INFO", "warning": "WARNING", "danger": "ERROR"}


def line_of(film: InstanceOutcome) -> Line:
    word, level = _WORDS[film.outcome]
    study = film.scan.study if film.scan is not None else None
    url = f"{reverse('study_detail', args=[study.public_id])}#scan-{film.scan.public_id}" if study else ""  # type: ignore[union-attr]  # a study has its film
    return Line(film.name, film.outcome, word, level, film.text, study, url)


def summed_up(lines: Sequence[Line]) -> str:
    """How many files ended in which way: "22 files: 5 received, 17 not taken."."""
    counts = Counter(line.word.lower() for line in lines)
    files = "1 file" if len(lines) == 1 else f"{len(lines)} files"
    return f"{files}: {', '.join(f'{count} {word}' for word, count in counts.most_common())}."


def filed_under(study: Study) -> str:
    """A sentence that says whose record the number led to, to compare with the person on the film."""
    patient = study.patient
    born = f"born {patient.born}" if patient.born else "birth date not known"
    return f"Filed under {patient.full_name or 'a patient without a name'}, {born}, number {patient.number}."


def _address(film: FilmOutcome) -> str:
    assert film.scan is not None
    return f"{reverse('study_detail', args=[film.scan.study.public_id])}#scan-{film.scan.public_id}"


def looks_like(patients: Sequence[Patient]) -> str:
    """Whom a new patient resembles, and what to do."""
    facts = [
        (patient.number, patient.full_name, f"born {patient.born}" if patient.born else "")
        for patient in patients
    ]
    people = "; ".join(", ".join(filter(None, words)) for words in facts)
    return (
        f"Your clinic has a patient who looks like this one: {people}. If it is the same person, use that "
        "number. If it is another person, tick this box and send again. Nothing was entered yet."
    )
