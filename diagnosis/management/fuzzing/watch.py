"""What must hold after every input: an answer in words, a whole record, nothing left over, nobody lost."""

import contextlib
import hashlib
import logging
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.db.models import QuerySet

from accounts.models import AuditEvent
from diagnosis.imaging.refusal import Refusal
from diagnosis.management.fuzzing.doors import KEPT, NOT_TAKEN, REFUSED, UNHEARD, Answer
from diagnosis.management.fuzzing.inputs import NEW, REST, STORE, Input
from diagnosis.management.fuzzing.network import CALLER
from diagnosis.management.fuzzing.place import Place
from diagnosis.models import HeldFilm, Patient, Scan, Study
from diagnosis.services import storage

SECONDS: Final = 20.0
MEGABYTES: Final = 500
_SETTLES: Final = 5.0
_OF_ITS_FILMS: Final = ("header_mismatch", "several_studies", "study_mismatch")
_AS_A_WHOLE: Final = (*_OF_ITS_FILMS, "unreadable")
_BUSY: Final = (503, 507)
_RECORDS: Final = {
    "scan.received": KEPT,
    "scan.received_again": KEPT,
    "held_film.held": KEPT,
    "held_film.received_again": KEPT,
    "scan.refused": REFUSED,
    "scan.conflict": "conflict",
}


class Errors(logging.Handler):
    """Collects what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record)[-4000:])

    def taken(self) -> list[str]:
        """What came since the last call."""
        lines, self.lines = self.lines, []
        return lines


class Watch:
    """Compares the portal before and after an input."""

    def __init__(self, place: Place, listener: "subprocess.Popen[bytes]") -> None:
        self._place, self._listener, self._errors = place, listener, Errors()
        logging.getLogger().addHandler(self._errors)
        self._read = place.log.stat().st_size
        self._usual = {pid: _peak(pid) for pid in self._processes}
        self.codes: Counter[str] = Counter()
        self._known: set[Path] = set()
        self.begin()

    @property
    def _processes(self) -> tuple[int, int]:
        return os.getpid(), self._listener.pid

    def begin(self) -> None:
        """Remember how things stand."""
        self._event = _last(AuditEvent.objects.all())
        self._rows = {
            model: _last(model._default_manager.all()) for model in (Scan, HeldFilm, Study, Patient)
        }
        for pid in self._processes:
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")  # its peak of memory begins anew

    def films(self) -> list[int]:
        """The films on record since `begin`."""
        return list(Scan.objects.filter(pk__gt=self._rows[Scan]).values_list("pk", flat=True))

    def problems(self, sent: Input, answer: Answer, seconds: float) -> list[str]:
        """What does not hold after an input, in words."""
        return [
            *self._told(answer, seconds),
            *self._on_record(sent, answer),
            *self._half_records(sent),
            *self.left_over(),
            *self._processes_hold(),
            *self.logged(),
        ]

    def _told(self, answer: Answer, seconds: float) -> Iterator[str]:
        if answer.status >= 500 and answer.status < 0x100 * 3:  # above: a status of DICOM
            busy = " (nobody asked for that)" if answer.status in _BUSY else ""
            yield f"status {answer.status}{busy}: {answer.told[:300]}"
        if not answer.is_typed:
            yield f"an answer without a type: {answer.status} {answer.told[:300]}"
        if answer.code == "0xA700":
            yield "the listener asks for it again later (nobody asked for that)"
        if answer.code == "0x0110":
            yield "the listener met an error that it did not know"
        if seconds > SECONDS:
            yield f"it took {seconds:.1f} s"

    def _on_record(self, sent: Input, answer: Answer) -> Iterator[str]:
        """Every answer about a film has its entry, and every refusal a known code."""
        self.codes = Counter()
        found: Counter[str] = Counter()
        actor = f"dicom:{CALLER}"
        events = AuditEvent.objects.filter(pk__gt=self._event, action__in=_RECORDS)
        events = events.filter(actor=actor) if sent.door == STORE else events.exclude(actor=actor)
        for action, facts in events.values_list("action", "facts"):
            again = action == "held_film.received_again" and sent.door == REST  # there it counts as refused
            found[REFUSED if again else _RECORDS[action]] += 1
            code = str(facts.get("code", "")) if action == "scan.refused" else ""
            self.codes[f"{_RECORDS[action]} {code}".strip()] += 1
            if action == "scan.refused" and code not in {str(refusal) for refusal in Refusal}:
                yield f"a refusal with an unknown code: {code!r}"
        if answer.outcomes[UNHEARD] or sent.page == NEW:
            return
        if answer.code in _AS_A_WHOLE:  # the answer does not go into each film
            if not found[REFUSED] and answer.code in _OF_ITS_FILMS:
                yield f"{answer.code} is not on record"
            return
        refused = answer.outcomes[REFUSED] + answer.outcomes["conflict"] + answer.outcomes[NOT_TAKEN]
        on_record = found[REFUSED] + found["conflict"]
        cut_off = (
            NOT_TAKEN in answer.outcomes and sent.door != STORE
        )  # a message whose end is missing says so too
        if not on_record <= refused <= on_record + cut_off:
            yield f"{refused} refusals told, {on_record} on record: {answer.told[:300]}"
        if answer.outcomes[KEPT] != found[KEPT]:
            yield f"{answer.outcomes[KEPT]} films told as kept, {found[KEPT]} on record: {answer.told[:300]}"

    def _half_records(self, sent: Input) -> Iterator[str]:
        for model in (Scan, HeldFilm):
            rows = model._default_manager.filter(pk__gt=self._rows[model])
            for original, size, digest in rows.values_list("original", "size_bytes", "sha256"):
                content = storage.path_of(original).read_bytes() if storage.existing(original) else b""
                if (len(content), hashlib.sha256(content).hexdigest()) != (size, digest):
                    yield f"{original} is not what is on record"
        if Patient.objects.filter(pk__gt=self._rows[Patient], studies=None).exists():
            yield "a patient without a study"
        # the page makes the study before its films are looked at, as its form says
        if sent.page != NEW and Study.objects.filter(pk__gt=self._rows[Study], scans=None).exists():
            yield "a study without a film"

    def left_over(self) -> Iterator[str]:
        deadline = time.monotonic() + _SETTLES
        while (left := {*self._place.leftovers()} - self._known) and time.monotonic() < deadline:
            time.sleep(0.02)  # the listener notices in its own time that a line was cut
        for path in left:
            self._known.add(path)  # said once
            yield f"left over: {path.relative_to(self._place.folder)}"

    def _processes_hold(self) -> Iterator[str]:
        if self._listener.poll() is not None:
            yield f"the listener ended with {self._listener.returncode}"
        for pid, usual in self._usual.items():
            if (peak := _peak(pid)) > usual + MEGABYTES:
                who = "the listener" if pid == self._listener.pid else "web and worker"
                yield f"{who} took {peak} MB, {usual} MB at the beginning"
        children = _children()
        if len(children) > 2:  # the listener, and one that decodes
            yield f"processes were left: {children}"

    def logged(self) -> Iterator[str]:
        yield from (f"logged: {line}" for line in self._errors.taken())
        with self._place.log.open("rb") as log:
            log.seek(self._read)
            said = log.read()
        self._read += len(said)
        # that a line broke off is pynetdicom's error, and no fault of the listener
        lines = [line for line in said.split(b"\n") if b" ERROR pynetdicom" not in line]
        if any(
            word in b"\n".join(lines) for word in (b"    ", b" ERROR ", b" CRITICAL ", b"Exception in thread")
        ):
            yield f"the listener logged: {said.decode(errors='replace')[-3000:]}"


def _last(rows: QuerySet) -> int:
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def _peak(pid: int) -> int:
    """The most memory a process had since its peak was reset, in MB; 0 where nobody says."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0


def _children() -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(path.parent.name))
    return found
