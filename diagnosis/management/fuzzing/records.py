"""What must hold of the rows and files that a batch of inputs left, each with the moment when it came."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from django.db.models import Model, QuerySet

from diagnosis.management.fuzzing.place import Place
from diagnosis.models import HeldFilm, Patient, Scan, ScanStatus, Study
from diagnosis.services import storage

Found = tuple[float, str]  # seconds since the epoch, and what does not hold

_FAULTS_OF_FILMS: Final = ("too_slow",)  # a film that takes too long ends so by rule
_ENDED: Final = (ScanStatus.ANALYSED, ScanStatus.REFUSED, ScanStatus.FAILED)
_PATIENCE: Final = 30.0  # without any film's end; an analysis is stopped earlier
_KINDS: Final[tuple[type[Model], ...]] = (Scan, HeldFilm, Study, Patient)


class Records:
    """Looks at what is new since the last call."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._last = {kind: _last(kind) for kind in _KINDS}
        self._waiting: dict[int, float] = {}
        self._known: set[Path] = set()

    def broken(self, keeps_empty: Callable[[float], bool]) -> Iterator[Found]:
        """Rows that are not whole. keeps_empty: whether a study that came then may be without a film."""
        before, self._last = self._last, {kind: _last(kind) for kind in _KINDS}
        for kind in (Scan, HeldFilm):
            rows = kind._default_manager.filter(pk__gt=before[kind], pk__lte=self._last[kind])
            yield from _files(rows)
            if kind is Scan:
                self._waiting |= {pk: at.timestamp() for pk, at in rows.values_list("pk", "received_at")}
        for at in _moments(Patient, before[Patient], studies=None):
            yield at, "a patient without a study"
        for at in _moments(Study, before[Study], scans=None):
            if not keeps_empty(at):
                yield at, "a study without a film"

    def unanalysed(self, *, until: float | None = None) -> Iterator[Found]:
        """Films whose analysis ended as none should; those received until a moment are waited for."""
        wanted = {pk for pk, at in self._waiting.items() if until is None or at <= until}
        moved = time.monotonic()
        while wanted:
            ended = Scan.objects.filter(pk__in=list(wanted)[:500], status__in=_ENDED)
            found = list(ended.values_list("pk", "status", "reason_code"))
            for pk, status, code in found:
                at = self._waiting.pop(pk)
                if status == ScanStatus.FAILED and code not in _FAULTS_OF_FILMS:
                    yield at, f"the analysis ended as {status} {code}"
            wanted -= {pk for pk, _, _ in found}
            if found:
                moved = time.monotonic()
            elif wanted and time.monotonic() - moved > _PATIENCE:
                yield from ((self._waiting.pop(pk), "the worker does not end its analysis") for pk in wanted)
                return
            elif wanted:
                time.sleep(0.1)

    def unfinished(self) -> Iterator[Found]:
        """Parts of files; while nothing is written."""
        for path in {*self._place.unfinished()} - self._known:
            self._known.add(path)
            yield path.stat().st_mtime, f"left over: {path.relative_to(self._place.folder)}"


def _files(rows: QuerySet) -> Iterator[Found]:
    """Films whose file is not what is on record."""
    for at, original, size, digest in rows.values_list("received_at", "original", "size_bytes", "sha256"):
        content = storage.path_of(original).read_bytes() if storage.existing(original) else b""
        if (len(content), hashlib.sha256(content).hexdigest()) != (size, digest):
            yield at.timestamp(), f"{original} is not what is on record"


def _moments(kind: type[Model], after: int, **having: None) -> list[float]:
    rows = kind._default_manager.filter(pk__gt=after, **having).values_list("created_at", flat=True)
    return [at.timestamp() for at in rows]


def _last(kind: type[Model]) -> int:
    return kind._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
