"""Takes in a DICOM film by any door: its header says whose it is, and nothing need be typed."""

from dataclasses import dataclass
from typing import Final

from accounts.audit import Actor
from accounts.models import Clinic
from diagnosis.imaging.header import FilmSource
from diagnosis.models import HeldFilm, Scan

RECEIVED: Final = "received"
DUPLICATE: Final = "duplicate"
HELD: Final = "held"
REFUSED: Final = "refused"
CONFLICT: Final = "conflict"


@dataclass(frozen=True)
class Origin:
    """Where films come from. character_set: for those that name none."""

    clinic: Clinic
    actor: Actor
    door: str
    character_set: str = ""


@dataclass(frozen=True)
class InstanceOutcome:
    """What became of one film.

    outcome: RECEIVED; DUPLICATE, the same bytes are on record; HELD, on disk and on record, a person settles
    whose it is; REFUSED, no film of ours; CONFLICT, its SOP instance UID is on record with other bytes, and the
    first is kept. code, text: for programs and for people, empty for RECEIVED.
    """

    name: str
    outcome: str
    code: str = ""
    text: str = ""
    sop_class: str = ""
    sop_instance_uid: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    scan: Scan | None = None
    held: HeldFilm | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the film is on disk and on record, so that its sender may forget it."""
        return self.outcome in (RECEIVED, DUPLICATE, HELD)


def receive_instance(
    *, origin: Origin, film: FilmSource, name: str, study_instance_uid: str = ""
) -> InstanceOutcome:
    """Take one DICOM film: check, store, file under its patient and study, record and queue it.

    study_instance_uid: the study that the sender says it belongs to, refused if it is another. Never raises for
    what is wrong with the film. Raises database errors and `FilmRefused(not_stored)` where the sender should try
    again later; nothing is on record then.
    """
    raise NotImplementedError
