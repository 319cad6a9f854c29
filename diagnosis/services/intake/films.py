"""Takes in a film from any source: checks its header, stores it byte for byte, records and queues it.

No pixel is decoded here; hostile pixels stay out of the web process. What the header cannot show (cut off,
damaged, not a chest), the worker finds out.

A refused film leaves an audit event with the reason, the file's size and its extension. It does not hold the
name, which may be a patient's: the chain is permanent, and names can be guessed even from a hash.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.audit import Actor, Stored
from accounts.models import Clinic
from diagnosis.imaging.header import FilmHeader, FilmSource, inspect
from diagnosis.imaging.header.other_kinds import START, is_dicom
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import Scan, ScanStatus, Study
from diagnosis.services import history, lifecycle, registry, storage, studies, turns, worklist
from diagnosis.services.history import Entry
from diagnosis.services.locking import lock_clinic
from diagnosis.services.messenger import announce_on_commit

RECEIVED: Final = "received"
DUPLICATE: Final = "duplicate"
OTHER_PATIENT: Final = "other_patient"  # a program must be able to tell this from a harmless repeat
REFUSED: Final = "refused"
NAME_LENGTH: Final = 255
_SEPARATORS: Final = re.compile(r"[/\\]")
# What follows the last dot of any other name may be a part of somebody's name.
_ENDINGS: Final = frozenset(
    {".avif", ".bmp", ".dcm", ".dicom", ".doc", ".docx", ".gif", ".heic", ".htm", ".html", ".ima", ".jfif",
     ".jp2", ".jpe", ".jpeg", ".jpg", ".jxl", ".mov", ".mp4", ".nii", ".pdf", ".png", ".rar", ".svg", ".tif",
     ".tiff", ".txt", ".webp", ".xls", ".xlsx", ".xml", ".zip"}
)  # fmt: skip


@dataclass(frozen=True)
class IntakeResult:
    """The scan of these bytes. `duplicate`: it already existed, perhaps in another study."""

    scan: Scan
    duplicate: bool


@dataclass(frozen=True)
class StoredFilm:
    """A film that passed its checks and is on disk; no row refers to it yet."""

    name: str
    path: str
    sha256: str
    size_bytes: int
    header: FilmHeader
    is_phantom: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further columns of its row, such as the identifiers of a DICOM film."""


@dataclass(frozen=True)
class FilmOutcome:
    """The outcome of one uploaded file: its scan, or the reason why there is none."""

    name: str
    study: Study
    scan: Scan | None = None
    duplicate: bool = False
    refusal: FilmRefused | None = None
    asks_again: bool = False
    """Whether it is a film that a network refused and another one, active by now, is asked about."""

    @property
    def outcome(self) -> str:
        """One of the four outcomes; a film on record for another patient is more than a duplicate."""
        if self.scan is None:
            return REFUSED
        if not self.duplicate:
            return RECEIVED
        return DUPLICATE if self.scan.study.patient_id == self.study.patient_id else OTHER_PATIENT

    @property
    def text(self) -> str:
        """What to tell the sender, without the file's name; empty for a film that was received."""
        if self.refusal is not None:
            return self.refusal.text
        if self.outcome == OTHER_PATIENT:
            return (
                "The same file is on record for another patient. "
                "Check whose film it is; it was not added here."
            )
        if self.outcome != DUPLICATE or self.scan is None:
            return ""
        return f"{self._where()}{self._what_now()}"

    def _where(self) -> str:
        if self.scan is not None and self.scan.study_id != self.study.pk:
            return "The same file is already in an earlier study of this patient; it was not added again."
        return "The same file is already in this study."

    def _what_now(self) -> str:
        """What becomes of a film that was refused before and came again."""
        if self.asks_again:
            return " It was refused then; another network is active now and reads it."
        if self.scan is not None and self.scan.status == ScanStatus.REFUSED:
            return " The network refused it. A doctor can read it there without the network, or ask it again."
        return ""


def receive(
    *, study: Study, film: FilmSource, name: str, actor: Actor, is_phantom: bool = False
) -> IntakeResult:
    """Take one film into a study. Raises FilmRefused, which names the file and says what to do.

    The same bytes sent again in one clinic return the existing scan, whichever study it belongs to. A
    refusal is recorded as `scan.refused`.
    """
    result = _take(study, film, name, actor, is_phantom)
    if not result.duplicate:
        announce_on_commit([result.scan.pk])
    return result


def receive_many(*, study: Study, films: Iterable[tuple[FilmSource, str]], actor: Actor) -> list[FilmOutcome]:
    """Take each (film, name) of an upload on its own, so that a refused one does not lose the others."""
    outcomes, new = [], []
    try:
        for film, name in films:
            try:
                result = _take(study, film, name, actor)
            except FilmRefused as refusal:
                outcomes.append(FilmOutcome(refusal.name, study, refusal=refusal))
                continue
            outcomes.append(outcome_of(clean_name(name), study, result))
            if not result.duplicate:
                new.append(result.scan.pk)
    finally:
        announce_on_commit(new)
    ask_again(outcomes, actor=actor)
    return outcomes


def outcome_of(name: str, study: Study, result: IntakeResult) -> FilmOutcome:
    """The outcome of a stored file; a refused one that came again is for another network."""
    outcome = FilmOutcome(name, study, result.scan, result.duplicate)
    if outcome.outcome != DUPLICATE or result.scan.status != ScanStatus.REFUSED:
        return outcome
    again = lifecycle.refused_by_another(result.scan, registry.active_model())
    return replace(outcome, asks_again=again)


def ask_again(outcomes: Iterable[FilmOutcome], *, actor: Actor) -> None:
    """Queue the refused films that came again; after the transaction that took the films in."""
    for outcome in outcomes:
        if outcome.asks_again and outcome.scan is not None:
            lifecycle.retry(scan=outcome.scan, actor=actor)


def _take(study: Study, film: FilmSource, name: str, actor: Actor, is_phantom: bool = False) -> IntakeResult:
    try:
        _check_picture(film, name)
        stored = store(clinic=study.clinic, film=film, name=name, is_phantom=is_phantom)
    except FilmRefused as refusal:
        history.write_all([refusal_entry(study, refusal, film)], actor=actor)
        raise
    with transaction.atomic():
        lock_clinic(study.clinic_id)
        locked = worklist.lock(study.pk)
        result, entries = place_scan(study=study, stored=stored, actor=actor)
        if not result.duplicate:  # a film that comes in must not stay unseen
            entries = [*studies.reopened(locked), *entries]
        worklist.refresh(locked)
        history.write_all(entries, actor=actor)
    return result


def _check_picture(film: FilmSource, name: str) -> None:
    """A DICOM film says whose it is, and nobody compares that here: see `intake.dicom`."""
    film.seek(0)
    if is_dicom(film.read(START)):
        raise FilmRefused(
            Refusal.UNSUPPORTED, "The file is a DICOM film.", "Send it by itself.", name=clean_name(name)
        )


def store(
    *, clinic: Clinic, film: FilmSource, name: str, is_phantom: bool = False, character_set: str = ""
) -> StoredFilm:
    """Check a film's size and header and keep its bytes. Raises FilmRefused."""
    name = clean_name(name)
    try:
        size_bytes = checked_size(film)
        header = inspect(film, max_pixels=settings.MAX_FILM_PIXELS, character_set=character_set)
        path, sha256 = storage.keep_original(clinic=clinic, film=film, header=header)
    except FilmRefused as refusal:
        raise refusal.named(name) from refusal
    return StoredFilm(name, path, sha256, size_bytes, header, is_phantom)


def place_scan(*, study: Study, stored: StoredFilm, actor: Actor) -> tuple[IntakeResult, list[Entry]]:
    """Create a stored film's row in the caller's transaction; the caller writes the audit entries."""
    found = _scan_of(study.clinic, stored.sha256)
    if found is None:
        try:
            with transaction.atomic():
                scan = Scan.objects.create(
                    study=study,
                    clinic=study.clinic,
                    original_name=stored.name,
                    original=stored.path,
                    sha256=stored.sha256,
                    size_bytes=stored.size_bytes,
                    media_type=stored.header.media_type,
                    width=stored.header.width,
                    height=stored.header.height,
                    is_phantom=stored.is_phantom,
                    sender=turns.sender_of(actor),
                    **stored.more,
                )
            return IntakeResult(scan, duplicate=False), [_entry("scan.received", scan, study, [Stored(scan)])]
        except IntegrityError:  # the same bytes came in at the same time: use that row
            found = _scan_of(study.clinic, stored.sha256)
            if found is None:
                raise
    return IntakeResult(found, duplicate=True), [_entry("scan.received_again", found, study)]


def refusal_entry(about: Study | Clinic, refusal: FilmRefused, film: FilmSource) -> Entry:
    """The audit entry of a refused film, about its study or, if none was created, about the clinic.

    The module's docstring says what it leaves out.
    """
    ending = Path(refusal.name).suffix.lower()
    facts = {
        "code": refusal.code,
        "bytes": _size(film),
        "ending": ending if ending in _ENDINGS else "",
    }
    return Entry(about, "scan.refused", facts)


def clean_name(name: str) -> str:
    """A file's name for display: no folders, no control or direction marks, at most 255 characters."""
    name = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    # Categories C: control, format (text direction can disguise an extension), surrogates, unassigned
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C").strip()
    if name in ("", ".", ".."):
        return "unnamed file"
    if len(name) <= NAME_LENGTH:
        return name
    ending = Path(name).suffix[:12]
    return name[: NAME_LENGTH - len(ending) - 1] + "…" + ending


def checked_size(film: FilmSource) -> int:
    """The file's size in bytes. Raises FilmRefused for one over the limit or whose bytes were not kept."""
    refusal = getattr(
        film, "refusal", None
    )  # the upload stopped keeping its bytes: see diagnosis.services.intake.upload_handler
    if isinstance(refusal, FilmRefused):
        raise refusal
    size = _size(film)
    if size > settings.MAX_FILM_BYTES:
        raise too_many_bytes()
    return size


def too_many_bytes() -> FilmRefused:
    """The refusal of a file over the size limit."""
    return FilmRefused(
        Refusal.TOO_MANY_BYTES,
        f"The file is larger than {settings.MAX_FILM_BYTES // 1024**2} MB.",
        "Export the film as JPEG, or at a lower resolution.",
    )


def _size(film: FilmSource) -> int:
    known = getattr(film, "size", None)  # what an upload counted, whether or not it kept the bytes
    return known if isinstance(known, int) else film.seek(0, os.SEEK_END)


def _scan_of(clinic: Clinic, sha256: str) -> Scan | None:
    found = Scan.objects.select_related("study__patient", "study__clinic")
    return found.filter(clinic=clinic, sha256=sha256).first()


def _entry(action: str, scan: Scan, study: Study, rows: Sequence[Stored] = ()) -> Entry:
    facts = {"sha256": scan.sha256, "bytes": scan.size_bytes}
    if scan.study_id != study.pk:
        facts["kept_in"] = history.subject_of(scan.study)
    return Entry(scan, action, facts, study=study, rows=rows)
