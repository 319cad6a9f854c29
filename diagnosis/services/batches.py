"""Keeps the drafts of many films: what was dropped, what was typed about it, and for how long.

Nothing here is on record yet; see `intake.batch_films` for how a film gets in, `intake.batch_sending` for how
it leaves. A film's file lies in its draft's own folder, and goes with its row.
"""

import contextlib
import shutil
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from diagnosis import spelling
from diagnosis.imaging.header import FilmSource
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Batch, BatchFilm, BatchState, Patient
from diagnosis.services import arriving, patients, pictures, storage

KEPT_DAYS: Final = 7
MOST_FILMS: Final = 100  # of a draft: its page is one form
FIELDS: Final = (
    "number", "first_name", "last_name", "birth_date", "sex", "taken_on", "urgent", "other_person",
)  # fmt: skip
LONGEST: Final = 600
NEW: Final = "new"  # shown beside a number that was nobody’s
ANOTHER_TRY: Final = timedelta(minutes=2)  # a film that is being sent longer than this was left behind
_FOLDER: Final = "batches"
_OPEN: Final = (BatchState.DRAFT, BatchState.REFUSED)


# ------------------------------------------------------------------------------------------ the draft


def of(owner: User) -> Batch:
    """The person's draft in their clinic, made where there is none."""
    assert owner.clinic is not None
    return Batch.objects.get_or_create(owner=owner, clinic=owner.clinic)[0]


def locked(batch: Batch) -> Batch:
    """The draft's row, locked until the transaction ends, and kept for some more days."""
    found = Batch.objects.select_for_update().get(pk=batch.pk)
    found.changed_at = timezone.now()
    found.save(update_fields=["changed_at"])
    return found


def ends_at(batch: Batch) -> datetime:
    """When the draft goes if nothing is done with it."""
    return batch.changed_at + timedelta(days=KEPT_DAYS)


def note_typed(batch: Batch, typed: Mapping[uuid.UUID, Mapping[str, str]]) -> None:
    """Keep what was typed about films, as it was typed; those being sent, or sent, stay as they are."""
    with transaction.atomic():
        locked(batch)
        for film in batch.films.filter(public_id__in=typed, state=BatchState.DRAFT):
            values = {name: text[:LONGEST] for name, text in typed[film.public_id].items() if name in FIELDS}
            if values == film.typed:
                continue
            if spelling.key(values.get("number", "")) != spelling.key(film.typed.get("number", "")):
                film.alike, film.told, film.shown = [], "", ""  # that was about another number
                values.pop("other_person", None)
            film.typed = values
            film.save(update_fields=["typed", "alike", "told", "shown"])


def remove(film: BatchFilm) -> bool:
    """Take a film that was not sent out of its draft; False if it is being sent, or was."""
    with transaction.atomic():
        locked(film.batch)
        gone, _ = BatchFilm.objects.filter(pk=film.pk, state__in=_OPEN).delete()
    if gone:
        drop_files([film])
    return bool(gone)


def clear_sent(batch: Batch) -> None:
    """Take the films that were sent off the page."""
    with transaction.atomic():
        locked(batch)
        batch.films.filter(state=BatchState.SENT).delete()


def is_left_behind(film: BatchFilm) -> bool:
    """Whether whoever was sending it has stopped: the computer, or the line."""
    return (
        film.state == BatchState.SENDING
        and film.sending_at is not None
        and film.sending_at < timezone.now() - ANOTHER_TRY
    )


def owners_of(batch: Batch, films: Iterable[BatchFilm]) -> dict[int, Patient]:
    """Whom the clinic has under the number typed for each film, by the film's key."""
    keys = {film.pk: spelling.key(film.typed.get("number", "")) for film in films}
    found = Patient.objects.filter(
        clinic=batch.clinic_id, number_key__in={key for key in keys.values() if key}
    )
    known = {patient.number_key: patients.kept(patient) for patient in found}
    return {pk: known[key] for pk, key in keys.items() if key in known}


def shown_as(owner: Patient | None) -> str:
    """How a row notes whom it named for its number."""
    return NEW if owner is None else str(owner.public_id)


def note_shown(films: Iterable[BatchFilm], owners: Mapping[int, Patient]) -> None:
    """Note at each row whom the page names for its number now: for nobody else is its film filed."""
    for film in films:
        shown = shown_as(owners.get(film.pk)) if spelling.key(film.typed.get("number", "")) else ""
        if film.state == BatchState.DRAFT and film.shown != shown:
            BatchFilm.objects.filter(pk=film.pk, state=BatchState.DRAFT).update(shown=shown)


# ------------------------------------------------------------------------------------------ its files


def keep_film(batch: Batch, identity: uuid.UUID, film: FilmSource) -> str:
    """Keep a film's bytes until it is sent; returns the path below DATA_DIR. Raises FilmRefused."""
    stored = f"{_FOLDER}/{batch.public_id}/{identity}.film"
    if not storage.has_room():
        raise storage.no_room()
    try:
        if not arriving.named(film, storage.path_of(stored)):
            film.seek(0)
            storage.write_picture(stored, film.read())
    except OSError as error:
        raise storage.no_room() from error
    return stored


def thumbnail_path(film: BatchFilm) -> str:
    """Path below DATA_DIR of a film's small picture."""
    return film.stored.removesuffix(".film") + ".jpg"


def thumbnail(film: BatchFilm) -> bytes:
    """A film's small picture, made once. Raises FilmRefused, DecodingTooSlow, MemoryError and OSError.

    A film that cannot be decoded says so in its row, before it is sent.
    """
    path = storage.path_of(thumbnail_path(film))
    if path.is_file():
        return path.read_bytes()
    try:
        made = pictures.small(film.stored, name=film_name(film))
    except FilmRefused as refusal:
        waiting = BatchFilm.objects.filter(pk=film.pk, state=BatchState.DRAFT, told="")
        waiting.update(told=refusal.text[:1000])
        raise
    storage.write_picture(thumbnail_path(film), made)
    return made


def drop_files(films: Iterable[BatchFilm]) -> None:
    """Delete the files of films that left their draft."""
    for film in films:
        for stored in (film.stored, thumbnail_path(film)) if film.stored else ():
            with contextlib.suppress(OSError):
                storage.path_of(stored).unlink(missing_ok=True)


def tidy() -> None:
    """Delete drafts that nobody has touched for days, and files that belong to none."""
    over = Batch.objects.filter(changed_at__lt=timezone.now() - timedelta(days=KEPT_DAYS))
    over.exclude(films__state=BatchState.SENDING, films__sending_at__gt=timezone.now() - ANOTHER_TRY).delete()
    folders = list(storage.path_of(_FOLDER).glob("*"))  # first: a draft is there before its folder
    kept = {str(name) for name in Batch.objects.values_list("public_id", flat=True)}
    for folder in folders:
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def film_name(film: BatchFilm) -> str:
    """The name of the file itself, without the ZIPs that it came in."""
    return film.name.rpartition(" › ")[2]


def path_of(film: BatchFilm) -> Path:
    """The full path of a film's file."""
    return storage.path_of(film.stored)
