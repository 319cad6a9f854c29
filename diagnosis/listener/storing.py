"""Takes what a machine sends by C-STORE and answers with a status: success only for what is on record."""

import contextlib
import logging
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from pydicom.dataset import Dataset

from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import DicomSender, Door
from diagnosis.services import faults
from diagnosis.services.intake import door
from diagnosis.services.intake.dicom import receive_instance
from diagnosis.services.intake.outcome import (
    CONFLICT,
    FAILURES,
    NOT_UNDERSTOOD,
    OUT_OF_RESOURCES,
    PROCESSING_FAILURE,
    InstanceOutcome,
    Origin,
)
from diagnosis.services.senders import as_of_now

logger = logging.getLogger(__name__)

SUCCESS: Final = 0x0000
# PS3.4, table B.2-1, and PS3.7, annex C
DUPLICATE_INSTANCE: Final = 0x0111
NOT_AUTHORISED: Final = 0x0124
_COMMENT: Final = 64


def take(path: Path, machine: DicomSender | None) -> Dataset:
    """The answer to a film that lies in a file. Never raises: what is not on record is never a success."""
    if machine is None:
        return status(NOT_AUTHORISED, "This machine may only ask whether we are there.")
    try:
        close_old_connections()
        return _taken(path, machine)
    except FilmRefused as refusal:  # the disk
        return status(OUT_OF_RESOURCES, refusal.message)
    except (DatabaseError, OSError) as error:
        logger.error("a film by C-STORE could not be taken: %s", faults.name_of(error))
        return status(OUT_OF_RESOURCES, "The portal cannot store films just now. Send it again later.")
    except Exception:
        logger.exception("a film by C-STORE could not be taken")
        return status(PROCESSING_FAILURE, "Something went wrong in the portal. Send it again later.")
    finally:
        close_old_connections()


def status(code: int, comment: str = "") -> Dataset:
    """A C-STORE status with its comment, which the standard limits to 64 characters of ASCII."""
    answer = Dataset()
    answer.Status = code
    if comment:
        plain = comment.replace("’", "'").encode("ascii", "replace").decode()
        answer.ErrorComment = plain if len(plain) <= _COMMENT else plain[: _COMMENT - 3] + "..."
    return answer


def _taken(path: Path, caller: DicomSender) -> Dataset:
    machine = as_of_now(caller)  # an association may last for hours
    if machine is None:
        return status(NOT_AUTHORISED, "This machine may no longer send to this portal.")
    size = path.stat().st_size
    if shut := door.shut(size):
        return status(OUT_OF_RESOURCES, shut.text)
    if size > settings.MAX_FILM_BYTES:
        return status(OUT_OF_RESOURCES, "The film is larger than this portal takes.")
    origin = Origin(machine.clinic, f"dicom:{machine.ae_title}", Door.DICOM, machine.character_set)
    with path.open("rb") as film:
        outcome = receive_instance(origin=origin, film=film, name=f"{machine.ae_title}.dcm", own=path)
    if outcome.is_kept:
        return status(SUCCESS)
    logger.info("a film by C-STORE from %s was refused: %s", machine.ae_title, outcome.code)
    return status(_code(outcome), outcome.text)


def _code(outcome: InstanceOutcome) -> int:
    if outcome.outcome == CONFLICT:
        return DUPLICATE_INSTANCE
    return FAILURES.get(outcome.code, NOT_UNDERSTOOD)


def forget(path: Path) -> None:
    """Delete a film's file that is on record, or never will be."""
    with contextlib.suppress(OSError):
        path.unlink()
