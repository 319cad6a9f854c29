"""Takes files into a person's draft of many films: checked as New study checks them, and filed nowhere yet.

A file that is no film of ours is a row too, with the reason, so that none of forty goes missing unseen.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Clinic, User
from diagnosis.imaging.dicom.header import DicomHeader
from diagnosis.imaging.header import FilmHeader, FilmSource, inspect
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import Batch, BatchFilm, BatchState
from diagnosis.services import batches, history, storage
from diagnosis.services.filing import told_by
from diagnosis.services.intake.films import NAME_LENGTH, checked_size, clean_name, refusal_entry
from diagnosis.services.intake.guessing import guessed_number
from diagnosis.services.intake.parcel import Budget, Piece, pieces
from diagnosis.services.senders import character_set_of

_FULL: Final = (
    f"A list holds at most {batches.MOST_FILMS} films, so this one was not added. Send these first."
)


@dataclass(frozen=True)
class Added:
    """What became of one dropped file: its row, a new one or not; without a row, `text` says why."""

    name: str
    film: BatchFilm | None = None
    is_new: bool = False
    text: str = ""
    later: bool = False
    """Whether the same file may be taken at another time: the disk is full."""


def add(*, actor: User, files: Iterable[tuple[FilmSource, str]]) -> list[Added]:
    """Take each (file, name) into the person's draft, ZIPs taken apart; audit `scan.refused` for no films."""
    batch, budget = batches.of(actor), Budget()
    return [_added(batch, actor, piece) for film, name in files for piece in pieces(film, name, budget)]


def _added(batch: Batch, actor: User, piece: Piece) -> Added:
    name = _shown(piece.shown)
    if piece.skipped:
        return Added(name, text=piece.skipped)
    try:
        if piece.refusal is not None:
            raise piece.refusal
        return _kept(batch, piece, name)
    except FilmRefused as refusal:
        if refusal.code == Refusal.STORAGE:
            return Added(name, text=refusal.text, later=True)
        return _refused(batch, actor, piece, refusal)


def _kept(batch: Batch, piece: Piece, name: str) -> Added:
    character_set = character_set_of(batch.clinic)
    size = checked_size(piece.film)
    header = inspect(piece.film, max_pixels=settings.MAX_FILM_PIXELS, character_set=character_set)
    sha256 = storage.digest(piece.film)
    if there := _dropped_before(batch, sha256):
        return _again(name, there)
    identity = uuid.uuid4()
    today = timezone.now().astimezone(batch.clinic.zone)
    number = guessed_number(piece.film, piece.name, character_set=character_set)
    row = BatchFilm(
        public_id=identity,
        batch=batch,
        name=name,
        stored=batches.keep_film(batch, identity, piece.film),
        sha256=sha256,
        size_bytes=size,
        media_type=header.media_type,
        header=_said(header, batch.clinic),
        typed={"number": number, "taken_on": f"{today:%Y-%m-%d}"},
    )
    try:
        added = _row(row, name)
    except BaseException:
        batches.drop_files([row])
        raise
    if not added.is_new:
        batches.drop_files([row])
    return added


def _row(row: BatchFilm, name: str) -> Added:
    """Write the row, one at a time in its draft: the same file may come in by two tabs at once."""
    with transaction.atomic():
        batches.locked(row.batch)
        if row.sha256 and (there := _dropped_before(row.batch, row.sha256)):
            return _again(name, there)
        if row.batch.films.exclude(state=BatchState.SENT).count() >= batches.MOST_FILMS:
            return Added(name, text=_FULL)
        row.save()
    return Added(name, row, is_new=True)


def _dropped_before(batch: Batch, sha256: str) -> BatchFilm | None:
    """The film with the same bytes; one that was sent is on record, which says so when it is sent again."""
    return batch.films.filter(sha256=sha256).exclude(state=BatchState.SENT).first()


def _again(name: str, there: BatchFilm) -> Added:
    where = "" if there.name == name else f", as {there.name}"
    return Added(name, there, text=f"The same file is in the list already{where}. It was not added twice.")


def _refused(batch: Batch, actor: User, piece: Piece, refusal: FilmRefused) -> Added:
    name = _shown(piece.shown)
    film: Any = piece.film
    entry = refusal_entry(batch.clinic, refusal.named(clean_name(piece.name)), film)
    row = BatchFilm(batch=batch, name=name, state=BatchState.REFUSED, told=refusal.text[:1000])
    there = batch.films.filter(state=BatchState.REFUSED, name=name, told=row.told).first()
    if there is not None:  # a line that broke after the file had come
        return Added(name, there, text=refusal.text)
    with transaction.atomic():
        added = _row(row, name)
        history.write_all([entry], actor=actor)
    return added if added.film is not None else Added(name, text=refusal.text)


def _said(header: FilmHeader, clinic: Clinic) -> dict[str, Any]:
    return told_by(header.facts, clinic).record if isinstance(header, DicomHeader) else {}


def _shown(name: str) -> str:
    """A file's name with the ZIPs that it came in, as long as a row can hold."""
    return name if len(name) <= NAME_LENGTH else "…" + name[1 - NAME_LENGTH :]
