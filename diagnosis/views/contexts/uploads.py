"""The outcome of each uploaded file, as messages on the next page or as JSON for our script."""

from collections.abc import Iterator

from django.contrib import messages
from django.urls import reverse
from django.utils.html import format_html

from diagnosis.models import Study
from diagnosis.services.intake.films import OTHER_PATIENT, RECEIVED, REFUSED, FilmOutcome


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


def filed_under(study: Study) -> str:
    """A sentence that says whose record the number led to, to compare with the person on the film."""
    patient = study.patient
    born = f"born {patient.born}" if patient.born else "birth date not known"
    return f"Filed under {patient.full_name or 'a patient without a name'}, {born}, number {patient.number}."


def _address(film: FilmOutcome) -> str:
    assert film.scan is not None
    return f"{reverse('study_detail', args=[film.scan.study.public_id])}#scan-{film.scan.public_id}"
