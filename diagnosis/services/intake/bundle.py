"""Takes in files as people have them: DICOM films one by one, in a folder, or in a ZIP that is taken apart.

Each file has its own outcome, and none costs its neighbours.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from diagnosis.imaging.header import FilmSource
from diagnosis.imaging.header.other_kinds import START, is_dicom
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import Study
from diagnosis.services import history
from diagnosis.services.intake.dicom import receive_instance
from diagnosis.services.intake.films import REFUSED, clean_name, refusal_entry
from diagnosis.services.intake.outcome import InstanceOutcome, Origin
from diagnosis.services.intake.parcel import ZIP, Budget, Piece, pieces

SKIPPED: Final = "skipped"
_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff")
_NEEDS_PATIENT: Final = FilmRefused(
    Refusal.NEEDS_PATIENT,
    "A PNG or JPEG does not say whose film it is.",
    "Send it with the form, under the patient’s number.",
)


def receive_files(
    *, origin: Origin, files: Iterable[tuple[FilmSource, str]], into: Study | None = None
) -> list[InstanceOutcome]:
    """Take each (file, name): a DICOM film, or a ZIP with such; returns what became of each file inside.

    into: the study that all of them are for; one of another study is refused. Raises database errors alone;
    what was taken before them is on record.
    """
    budget = Budget()
    return [_taken(origin, piece, into) for film, name in files for piece in pieces(film, name, budget)]


def is_for_bundle(film: FilmSource) -> bool:
    """Whether a file says itself whose film it is, or may hold such: DICOM, or a ZIP."""
    film.seek(0)
    start = film.read(START)
    film.seek(0)
    return start.startswith(ZIP) or is_dicom(start)


def _taken(origin: Origin, piece: Piece, into: Study | None) -> InstanceOutcome:
    if piece.skipped:
        return InstanceOutcome(piece.shown, SKIPPED, SKIPPED, piece.skipped)
    if piece.refusal is not None:
        return _refused(origin, piece, piece.refusal)
    piece.film.seek(0)
    if piece.film.read(START).startswith(_PICTURES):
        return _refused(origin, piece, _NEEDS_PATIENT)
    return _received(origin, piece, into)


def _received(origin: Origin, piece: Piece, into: Study | None) -> InstanceOutcome:
    try:
        taken = receive_instance(origin=origin, film=piece.film, name=piece.name, into=into)
    except FilmRefused as refusal:  # it could not be stored
        return InstanceOutcome(piece.shown, REFUSED, refusal.code, refusal.text)
    return replace(taken, name=piece.shown)


def _refused(origin: Origin, piece: Piece, refusal: FilmRefused) -> InstanceOutcome:
    named = refusal.named(clean_name(piece.name))
    film: Any = piece.film
    history.write_all([refusal_entry(origin.clinic, named, film)], actor=origin.actor)
    return InstanceOutcome(piece.shown, REFUSED, named.code, named.text)
