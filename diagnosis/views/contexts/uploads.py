"""What became of each file of an upload: as messages on the next page, or as JSON for our script."""

from collections.abc import Iterator

from django.contrib import messages
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.html import format_html

from diagnosis.models import Study
from diagnosis.services.intake import FilmOutcome

RECEIVED, DUPLICATE, ELSEWHERE, REFUSED = "received", "duplicate", "other_patient", "refused"


def outcome_of(film: FilmOutcome, study: Study) -> str:
    """One of four words; a film that is on record for another patient is more than a duplicate."""
    if film.scan is None:
        return REFUSED
    if not film.duplicate:
        return RECEIVED
    return DUPLICATE if film.scan.study.patient_id == study.patient_id else ELSEWHERE


def as_json(film: FilmOutcome, study: Study) -> dict[str, str]:
    """For one file: its name, what became of it, what to do, and where it is if it was there already."""
    elsewhere = film.scan is not None and film.duplicate
    return {
        "name": film.name,
        "outcome": outcome_of(film, study),
        "text": film.text or "Received.",
        "url": _address(film) if elsewhere else "",
    }


def as_messages(films: list[FilmOutcome], study: Study) -> Iterator[tuple[int, str]]:
    """The good ones in one line, every other one in a line of its own."""
    received = sum(outcome_of(film, study) == RECEIVED for film in films)
    if received:
        yield messages.SUCCESS, f"{received} film{'s' if received > 1 else ''} received."
    for film in films:
        outcome = outcome_of(film, study)
        if outcome == REFUSED:
            yield messages.ERROR, format_html("<strong>{}</strong> was not taken. {}", film.name, film.text)
        elif outcome != RECEIVED:
            level = messages.ERROR if outcome == ELSEWHERE else messages.WARNING
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
    """Whose record the number led to, for whoever typed it to compare with the person on the film."""
    patient = study.patient
    born = (
        f"born {date_format(patient.birth_date, 'j F Y')}" if patient.birth_date else "birth date not known"
    )
    return f"Filed under {patient.full_name or 'a patient without a name'}, {born}, number {patient.number}."


def _address(film: FilmOutcome) -> str:
    assert film.scan is not None
    return f"{reverse('study_detail', args=[film.scan.study.public_id])}#scan-{film.scan.public_id}"
