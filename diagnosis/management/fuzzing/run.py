"""One run: makes a small hospital, sends the inputs, has them analysed, and keeps what failed."""

import bisect
import json
import logging
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts import audit, tokens
from accounts.models import Clinic, User
from diagnosis.management.fuzzing import inputs, seeds
from diagnosis.management.fuzzing.doors import Answer, Doors
from diagnosis.management.fuzzing.gate import open_gate
from diagnosis.management.fuzzing.inputs import NEW, Input
from diagnosis.management.fuzzing.network import CALLER, Machine
from diagnosis.management.fuzzing.place import Place
from diagnosis.management.fuzzing.processes import listening, working
from diagnosis.management.fuzzing.records import Found, Records
from diagnosis.management.fuzzing.seeds import Seed
from diagnosis.management.fuzzing.watch import Watch
from diagnosis.models import DicomSender, Scan
from diagnosis.services import history, patients, senders, storage, studies

_CLINIC: Final = "Riverside Hospital"
_BATCH: Final = 50

Say = Callable[[str], None]


@dataclass
class Tally:
    """What became of the inputs. counts: by door, outcome and code. failures: the paths of kept inputs."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    inputs: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0


@dataclass(frozen=True)
class Plan:
    """What to send. first: the number of the first input; folder: where those that fail are kept."""

    seed: int
    first: int
    count: int
    folder: Path
    more: Sequence[Seed] = ()


@dataclass
class Passed:
    """An input that was sent at a moment, in seconds since the epoch, and what did not hold then or later."""

    number: int
    at: float
    page: str
    problems: list[str] = field(default_factory=list)


def run(place: Place, plan: Plan, say: Say) -> Tally:
    """Send the inputs of a plan through the doors of this place."""
    _quiet()
    call_command("migrate", verbosity=0)
    doors_of = _hospital(place)
    with listening(place) as listener, working(place) as worker:
        machine = Machine(settings.DICOM_PORT, settings.DICOM_AE_TITLE)
        work = _Run(plan, doors_of(machine), Watch(place, [listener, worker]), Records(place), say)
        began = time.monotonic()
        for first in range(plan.first, plan.first + plan.count, _BATCH):
            work.batch(range(first, min(first + _BATCH, plan.first + plan.count)))
            if not machine.answers():
                work.tally.failures.append(f"the listener answers no echo after input {first + _BATCH - 1}")
        work.end()
        work.tally.seconds = time.monotonic() - began
    if trouble := _trail():
        work.tally.failures.append(trouble)
    return work.tally


def _quiet() -> None:
    """Leave the output to what does not hold."""
    warnings.simplefilter("ignore")
    for name in ("django.request", "pydicom"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)  # of the sending side
    # six people sign up whose passwords nobody guesses; each of theirs would take half a second
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _hospital(place: Place) -> Callable[[Machine], Doors]:
    """People, a token, a machine, a study that films are added to, and the network."""
    films = place.outgoing / "none"
    films.mkdir()
    call_command("load_demo", films=str(films), stdout=StringIO())
    open_gate(place.outgoing / "network")
    clinic = Clinic.objects.get(name=_CLINIC)
    administrator = User.objects.get(email="administrator@riverside.example")
    technician = User.objects.get(email="technician@riverside.example")
    _, key = tokens.create(clinic=clinic, name="fuzz", by=administrator)
    sender = DicomSender(clinic=clinic, ae_title=CALLER, address="127.0.0.1")
    senders.store_sender(sender=sender, by=administrator)
    number, which = inputs.ADDED_TO
    patient = patients.find_or_create_patient(clinic=clinic, number=f"F-{number}", actor=technician)
    uid = seeds.study_uid(number, which)
    with transaction.atomic():
        study, entries = studies.place_study(patient=patient, actor=technician, instance_uid=uid)
        history.write_all(entries, actor=technician)
    return lambda machine: Doors(technician=technician, token=key, study=study, machine=machine)


class _Run:
    """Sends batches and tells what did not hold."""

    def __init__(self, plan: Plan, doors: Doors, watch: Watch, records: Records, say: Say) -> None:
        self._plan, self._doors, self._watch, self._records, self._say = plan, doors, watch, records, say
        self._passed: list[Passed] = []
        self._told = 0  # of these
        self._last: dict[str, Passed] = {}  # by door
        self.tally = Tally()

    def batch(self, numbers: Iterable[int]) -> None:
        """Send the inputs with these numbers, and look at what they left."""
        before = len(self._passed)
        for number in numbers:
            self._passed.append(self._send(number))
        self._blame(self._records.broken(self._keeps_empty))
        self._blame(self._records.unanalysed(until=self._passed[before].at))  # the worker is a batch behind
        self._passed[-1].problems += self._watch.crowd()
        self._tell(before)

    def end(self) -> None:
        """Wait for what is still analysed, and tell."""
        self._blame(self._records.unanalysed())
        self._passed[-1].problems += [problem for _, problem in self._watch.logged()]
        self._blame(self._records.unfinished())
        self._tell(len(self._passed))
        for door, status, code in Scan.objects.values_list("study__door", "status", "reason_code"):
            self.tally.counts[(f"analysis, {door}", f"{status} {code}".strip())] += 1

    def _send(self, number: int) -> Passed:
        sent = inputs.made(self._plan.seed, number, settings.DICOM_AE_TITLE, self._plan.more)
        self._watch.begin(number)
        passed, began = Passed(number, time.time(), sent.page), (time.monotonic(), time.process_time())
        answer = Answer(0)
        try:
            answer = self._doors.send(sent)
        except Exception as error:  # whatever a door lets through is a finding
            passed.problems.append(f"not answered: {type(error).__name__}: {error}")
        took, worked = time.monotonic() - began[0], time.process_time() - began[1]
        passed.problems += self._watch.problems(sent, answer, worked=worked, took=took)
        self._last[sent.door] = passed
        for running, problem in self._watch.logged():  # the listener may still be at an earlier conversation
            self._last.get(running.door, passed).problems.append(problem)
        self.tally.inputs += 1
        self._count(sent, answer)
        return passed

    def _count(self, sent: Input, answer: Answer) -> None:
        door = f"{sent.door} {sent.page}".strip()
        said = f"{answer.status}" if sent.door != inputs.STORE else answer.code or "broken PDUs"
        code = answer.code if sent.door != inputs.STORE else ""
        self.tally.counts[(door, f"answer {said} {code}".strip())] += 1
        for code, count in self._watch.codes.items():
            self.tally.counts[(door, code)] += count

    def _blame(self, found: Iterable[Found]) -> None:
        """Add each problem to the input that was being sent at its moment."""
        for at, problem in found:
            self._sent_at(at).problems.append(problem)

    def _sent_at(self, at: float) -> Passed:
        # a database may keep moments to the microsecond only
        place = bisect.bisect_right(self._passed, at + 1e-5, key=lambda passed: passed.at)
        return self._passed[max(0, place - 1)]

    def _keeps_empty(self, at: float) -> bool:
        """That page makes the study before its films are looked at, as its form says."""
        return self._sent_at(at).page == NEW

    def _tell(self, until: int) -> None:
        """Keep those that failed of the inputs before this one."""
        for passed in self._passed[self._told : until]:
            if passed.problems:
                sent = inputs.made(self._plan.seed, passed.number, settings.DICOM_AE_TITLE, self._plan.more)
                kept = keep(self._plan.folder, self._plan.seed, sent, passed.problems)
                self.tally.failures.append(str(kept))
                self._say(f"input {sent.number} ({sent.door}; {', '.join(sent.how)}) failed, kept as {kept}:")
                for problem in passed.problems:
                    self._say(f"    {problem}")
        self._told = until


def keep(folder: Path, seed: int, sent: Input, problems: Sequence[str]) -> Path:
    """Keep an input that failed, and beside it why; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seed}-{sent.number}-{sent.door}.input"
    path.write_bytes(sent.content)
    facts = {"seed": seed, "number": sent.number, "door": sent.door, "page": sent.page, "how": sent.how}
    path.with_suffix(".json").write_text(json.dumps(facts | {"problems": problems}, indent=1))
    return path


def _trail() -> str:
    """What is wrong with the record at the end, or ""."""
    audit.chain_looks()
    told = StringIO()
    try:
        call_command("verify_audit_trail", films=True, stdout=told, stderr=told)
    except CommandError as error:
        return f"{error} {told.getvalue()[:2000]}"
    known = {*Scan.objects.values_list("original", flat=True)}
    assert all(storage.existing(path) for path in known)
    return ""
