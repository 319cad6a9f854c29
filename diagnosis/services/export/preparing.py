"""Cleans the films of the exports that wait, one after the other, and says on each row how far it got.

WAITING ──claim──▶ WORKING ──▶ READY             its file lies closed for EXPORT_HOURS
  ▲                   │ └────▶ FAILED(reason)
  └── its worker was killed ──┘
"""

import logging
import time
import zipfile
from datetime import timedelta
from typing import BinaryIO, Final

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from diagnosis.imaging.dicom.confined import START
from diagnosis.models import Export, ExportState
from diagnosis.services import storage
from diagnosis.services.export import films
from diagnosis.services.film_files import room

logger = logging.getLogger(__name__)

GRACE: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 3
OLDEST: Final = timedelta(days=2)  # for rows that nobody ever took


class _Lost(Exception):
    """Somebody else has this export now, or nobody wants it any more."""


def prepare_due(*, seconds: float) -> int:
    """Prepare waiting exports until none is left or the time is over; how many were tried.

    One that is begun is finished. While another worker prepares one nothing is begun, so that deliveries have
    a worker left.
    """
    tried, until = 0, time.monotonic() + seconds
    while time.monotonic() < until and (export := _claim_next()) is not None:
        _prepare(export)
        tried += 1
    return tried


def put_back_stopped() -> int:
    """WORKING → WAITING, or FAILED after some tries, for exports whose worker must be dead; how many."""
    now = timezone.now()
    limit = timedelta(seconds=2 * room().seconds + START) + GRACE
    dead = Q(heard_at__lt=now - limit) | Q(heard_at__gt=now + limit) | Q(heard_at=None)
    stopped = Export.objects.filter(dead, state=ExportState.WORKING)
    given_up = stopped.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=ExportState.FAILED, finished_at=now, reason="Its worker was stopped again and again."
    )
    return given_up + stopped.update(state=ExportState.WAITING, heard_at=None)


def tidy() -> None:
    """Delete exports whose time is over, and files that belong to none."""
    now = timezone.now()
    over = Q(finished_at__lt=now - timedelta(hours=settings.EXPORT_HOURS)) | Q(asked_at__lt=now - OLDEST)
    Export.objects.filter(over).exclude(state=ExportState.WORKING).delete()
    storage.remove_exports_but(set(Export.objects.values_list("public_id", flat=True)))


def _claim_next() -> Export | None:
    """WAITING → WORKING for the oldest wish, by one conditional update; None if there is none."""
    while not Export.objects.filter(state=ExportState.WORKING).exists():
        waiting = Export.objects.filter(state=ExportState.WAITING).order_by("asked_at", "pk")
        first = waiting.values_list("pk", flat=True).first()
        if first is None:
            return None
        row = Export.objects.filter(pk=first, state=ExportState.WAITING)
        fresh = {"outcomes": [], "cleaned": 0, "heard_at": timezone.now()}
        if row.update(state=ExportState.WORKING, attempts=F("attempts") + 1, **fresh):
            return Export.objects.select_related("study").get(pk=first)
    return None


def _prepare(export: Export) -> None:
    try:
        _write(export)
    except _Lost:
        logger.warning("export %s was taken from this worker", export.pk)
    except OSError as error:
        logger.error("export %s could not be written: %s", export.pk, error.strerror or error)
        _end(export, ExportState.FAILED, "The server could not write the file; its disk may be full.")
    except Exception:  # one export's trouble must not stop the others
        logger.exception("export %s failed", export.pk)
        _end(export, ExportState.FAILED, "An error in this portal stopped it; its log says more.")


def _write(export: Export) -> None:
    chosen = films.counted(export.study)
    _note(export, films=len(chosen))
    if not storage.has_room(sum(scan.size_bytes for scan in chosen)):
        raise OSError("no room below DATA_DIR")

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for film in films.cleaned(chosen, key=films.new_key(), sex_and_age=export.sex_and_age):
                if film.content is not None:
                    archive.writestr(films.entry(f"film-{film.number:03}.dcm"), film.content)
                    export.cleaned += 1
                export.outcomes.append(f"Film {film.number}: {film.words}")
                _note(export, outcomes=export.outcomes, cleaned=export.cleaned)
            archive.writestr(films.entry("films.txt"), "".join(f"{line}\n" for line in export.outcomes))

    storage.write_export(export.public_id, write)
    _end(export, ExportState.READY, "")


def _mine(export: Export) -> QuerySet[Export]:
    """The row while this claim holds."""
    return Export.objects.filter(pk=export.pk, state=ExportState.WORKING, attempts=export.attempts)


def _note(export: Export, **got: object) -> None:
    """Say how far it got, and that somebody is at work. Raises _Lost."""
    if not _mine(export).update(heard_at=timezone.now(), **got):
        raise _Lost


def _end(export: Export, state: str, reason: str) -> None:
    _mine(export).update(state=state, reason=reason, finished_at=timezone.now())
