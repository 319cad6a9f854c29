"""What becomes of a DICOM film, and the number by which the standard tells why it is refused."""

from dataclasses import dataclass
from typing import Final

from accounts.audit import Actor
from accounts.models import Clinic
from diagnosis.imaging.refusal import Refusal
from diagnosis.models import HeldFilm, Scan
from diagnosis.services.intake.films import DUPLICATE, RECEIVED

HELD: Final = "held"
CONFLICT: Final = "conflict"

# PS3.4, table B.2-1; PS3.7, annex C; PS3.18, annex I.2
OUT_OF_RESOURCES: Final = 0xA700
OTHER_KIND: Final = 0xA900
NOT_UNDERSTOOD: Final = 0xC000
PROCESSING_FAILURE: Final = 0x0110
CLASS_NOT_SUPPORTED: Final = 0x0122
# what C-STORE and STOW-RS say alike
FAILURES: Final[dict[str, int]] = {
    Refusal.TOO_MANY_BYTES: OUT_OF_RESOURCES,
    Refusal.OTHER_BODY_PART: OTHER_KIND,
    Refusal.MULTI_FRAME: OTHER_KIND,
    Refusal.NO_PIXELS: OTHER_KIND,
    Refusal.NO_FILM: CLASS_NOT_SUPPORTED,
    Refusal.OTHER_MODALITY: CLASS_NOT_SUPPORTED,
    Refusal.FOR_PROCESSING: CLASS_NOT_SUPPORTED,
    Refusal.DICOMDIR: CLASS_NOT_SUPPORTED,
}


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

    outcome: RECEIVED; DUPLICATE, the same bytes are on record; OTHER_PATIENT, they are, but for somebody else
    than the study they were sent for; HELD, on disk and on record, a person settles whose it is; REFUSED, no
    film of ours; CONFLICT, its SOP instance UID is on record with other bytes, and
    the first is kept. code, text: for programs and for people, empty for RECEIVED.
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
