"""Whether a DICOM film's identifier (SOP Instance UID) names another film of the clinic already."""

from dataclasses import dataclass

from accounts.models import Clinic
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import HeldFilm, HeldOutcome, Scan


@dataclass(frozen=True)
class Known:
    """Why a film is not placed, the film on record that it met, and the action that tells of it."""

    refusal: FilmRefused
    other: Scan | HeldFilm
    action: str


def known_otherwise(clinic: Clinic, uid: str, sha256: str) -> Known | None:
    """Why a DICOM film cannot be placed: its identifier has other bytes on record, or it waits already."""
    if not uid:
        return None
    other = kept_under(clinic, uid, sha256)
    if other is not None:
        return Known(uid_taken(), other, "scan.conflict")
    waits = HeldFilm.objects.filter(clinic=clinic, sha256=sha256).exclude(outcome=HeldOutcome.FILED).first()
    if waits is None:
        return None
    text = "The same file came in before and waits for a person, or was rejected."
    return Known(FilmRefused(Refusal.HELD, text), waits, "held_film.received_again")


def kept_under(clinic: Clinic, uid: str, sha256: str) -> Scan | HeldFilm | None:
    """The film that has this SOP instance UID and other bytes, filed or waiting, or None."""
    scans = Scan.objects.filter(clinic=clinic, sop_instance_uid=uid).exclude(sha256=sha256)
    held = HeldFilm.objects.filter(clinic=clinic, sop_instance_uid=uid).exclude(sha256=sha256)
    waiting = held.exclude(outcome=HeldOutcome.REJECTED)
    return scans.select_related("study").first() or waiting.first()


def uid_taken() -> FilmRefused:
    """The refusal of a film whose identifier another one has."""
    return FilmRefused(
        Refusal.UID_TAKEN,
        "Another file with the same identifier (SOP Instance UID) is on record; that one is kept, and this "
        "one was not taken.",
        "If this is another film, export it again, so that it gets an identifier of its own.",
    )
