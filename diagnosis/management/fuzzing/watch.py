"""What must hold after every input: an answer in words, each film on record, nothing left over, nobody lost.

What costs little is looked at after each input, the rest after a batch of them; it is then blamed on the
input that was being sent when it happened.
"""

import contextlib
import logging
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from accounts.models import AuditEvent
from diagnosis.imaging.refusal import Refusal
from diagnosis.management.fuzzing.doors import KEPT, NOT_TAKEN, REFUSED, SKIPPED, UNHEARD, Answer
from diagnosis.management.fuzzing.inputs import NEW, REST, STORE, Input
from diagnosis.management.fuzzing.network import CALLER
from diagnosis.management.fuzzing.place import Place
from diagnosis.management.fuzzing.processes import Running
from diagnosis.services.lifecycle import WORKER

SECONDS: Final = 20.0  # of work; by the clock a busy machine may take longer
PATIENCE: Final = 120.0
MEGABYTES: Final = 500
_SETTLES: Final = 5.0
_OF_ITS_FILMS: Final = ("broken_part", "header_mismatch", "several_studies", "study_mismatch")
# what was typed contradicts the record: `patient.mismatch`, of which an hour’s repetitions are counted
_AS_A_WHOLE: Final = (*_OF_ITS_FILMS, "patient_mismatch", "unreadable")
_LOOKED_AT: Final = (200, 201, 202, 302, 409)  # an answer that every film of the message was looked at for
_BUSY: Final = (503, 507)
_ACCEPTED: Final = {
    "scan.received": "accepted",
    "scan.received_again": "accepted before",
    "held_film.held": "held",
    "held_film.received_again": "held before",
}
_REFUSED: Final = {"scan.refused": "refused", "scan.conflict": "conflict"}
_SAID: Final = _ACCEPTED | _REFUSED


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
    """Compares the portal before and after an input. codes: of the last input's films, counted."""

    def __init__(self, place: Place, beside: Sequence[Running]) -> None:
        self._place, self._beside, self._errors = place, beside, Errors()
        logging.getLogger().addHandler(self._errors)
        for running in beside:
            running.said()
        self._usual = {pid: _peak(pid) for pid in self._processes}
        self._children = len(children())
        self._event = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.codes: Counter[str] = Counter()
        self._known: set[Path] = {*place.leftovers()}

    @property
    def _processes(self) -> dict[int, str]:
        return {os.getpid(): "the web process"} | {one.process.pid: one.name for one in self._beside}

    def begin(self, number: int) -> None:
        """Say that an input is going to be sent, also to whoever finds this process dead."""
        self._place.now.write_text(str(number))
        for pid in self._processes:
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")  # its peak of memory begins anew

    def problems(self, sent: Input, answer: Answer, *, worked: float, took: float) -> list[str]:
        """What does not hold after an input, in words; worked, took: seconds of work, and by the clock."""
        return [
            *self._told(answer),
            *_slow(worked, took),
            *self._on_record(sent, answer),
            *self.left_over(),
            *self._processes_hold(),
            *(f"logged: {line}" for line in self._errors.taken()),
        ]

    def _told(self, answer: Answer) -> Iterator[str]:
        if answer.status >= 500 and answer.status < 0x100 * 3:  # above: a status of DICOM
            busy = " (nobody asked for that)" if answer.status in _BUSY else ""
            yield f"status {answer.status}{busy}: {answer.told[:300]}"
        if not answer.is_typed:
            yield f"an answer without a type: {answer.status} {answer.told[:300]}"
        if answer.code == "0xA700":
            yield "the listener asks for it again later (nobody asked for that)"
        if answer.code == "0x0110":
            yield "the listener met an error that it did not know"

    def _on_record(self, sent: Input, answer: Answer) -> Iterator[str]:
        """Every answer about a film has its entry, and every refusal a known code."""
        self.codes = Counter()
        found: Counter[str] = Counter()
        unknown = []
        for action, facts in self._entries(sent):
            code = str(facts.get("code", "")) if action == "scan.refused" else ""
            self.codes[f"{_SAID[action]} {code}".strip()] += 1
            # by the API it counts as refused, unless films of somebody else are all there is to say (202)
            again = action == "held_film.received_again" and sent.door == REST and answer.status != 202
            found[KEPT if action in _ACCEPTED and not again else REFUSED] += 1
            if action == "scan.refused" and code not in {str(refusal) for refusal in Refusal}:
                unknown.append(code)
        yield from (f"a refusal with an unknown code: {code!r}" for code in unknown)
        if answer.outcomes[UNHEARD]:
            return
        if answer.code in _AS_A_WHOLE:  # the answer does not go into each film
            if not found[REFUSED] and answer.code in _OF_ITS_FILMS:
                yield f"{answer.code} is not on record"
            return
        films = sent.films - answer.outcomes[SKIPPED]
        if sent.films and answer.status in _LOOKED_AT and found.total() != films:
            yield f"{films} films sent, {found.total()} on record: {answer.told[:300]}"
        if sent.page != NEW:  # that page speaks to people
            yield from _compared(answer, found)

    def _entries(self, sent: Input) -> Iterator[tuple[str, dict[str, str]]]:
        """The entries about films since the last call that came by this input's door."""
        fresh = AuditEvent.objects.filter(pk__gt=self._event).order_by("pk")
        for pk, action, actor, facts in fresh.values_list("pk", "action", "actor", "facts"):
            self._event = pk
            by_machine = actor == f"dicom:{CALLER}"
            if action in _SAID and actor != WORKER and by_machine == (sent.door == STORE):
                yield action, facts

    def left_over(self) -> Iterator[str]:
        deadline = time.monotonic() + _SETTLES
        while (left := {*self._place.leftovers()} - self._known) and time.monotonic() < deadline:
            time.sleep(0.005)  # the listener notices in its own time that a line was cut
        for path in left:
            self._known.add(path)  # said once
            yield f"left over: {path.relative_to(self._place.folder)}"

    def _processes_hold(self) -> Iterator[str]:
        for running in self._beside:
            if running.has_ended:
                yield f"{running.name} ended with {running.process.returncode}"
        for pid, name in self._processes.items():
            if (peak := _peak(pid)) > self._usual[pid] + MEGABYTES:
                yield f"{name} took {peak} MB, {self._usual[pid]} MB at the beginning"

    def logged(self) -> Iterator[tuple[Running, str]]:
        """What the processes beside this one logged of errors since the last call."""
        for running in self._beside:
            said = running.said()
            # that a line broke off is pynetdicom's error, and no fault of the listener
            lines = [line for line in said.split(b"\n") if b" ERROR pynetdicom" not in line]
            words = (b"    ", b" ERROR ", b" CRITICAL ", b"Exception in thread", b"Traceback")
            if any(word in b"\n".join(lines) for word in words):
                yield running, f"{running.name} logged: {said.decode(errors='replace')[-3000:]}"

    def crowd(self) -> Iterator[str]:
        """What is wrong with the processes below this one."""
        deadline = time.monotonic() + _SETTLES
        while len(found := children()) > self._children + 1:  # one may decode
            if time.monotonic() > deadline:
                yield f"processes were left: {found}"
                return
            time.sleep(0.05)


def _slow(worked: float, took: float) -> Iterator[str]:
    if worked > SECONDS or took > PATIENCE:
        yield f"it took {took:.1f} s, {worked:.1f} s of work"


def _compared(answer: Answer, found: Counter[str]) -> Iterator[str]:
    """Whether the answer tells of as many films as are on record."""
    refused = answer.outcomes[REFUSED] + answer.outcomes["conflict"] + answer.outcomes[NOT_TAKEN]
    if refused != found[REFUSED]:
        yield f"{refused} refusals told, {found[REFUSED]} on record: {answer.told[:300]}"
    if answer.outcomes[KEPT] != found[KEPT]:
        yield f"{answer.outcomes[KEPT]} films told as kept, {found[KEPT]} on record: {answer.told[:300]}"


def _peak(pid: int) -> int:
    """The most memory a process had since its peak was reset, in MB; 0 where nobody says."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0


def children() -> list[int]:
    """The processes that this one started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(path.parent.name))
    return found
