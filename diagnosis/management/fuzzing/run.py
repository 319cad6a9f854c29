"""One run: makes a small hospital, sends the inputs, analyses what was taken, and keeps what failed."""

import json
import logging
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management import CommandError, call_command

from accounts import audit, tokens
from accounts.models import Clinic, User
from diagnosis.management.fuzzing import inputs
from diagnosis.management.fuzzing.doors import Answer, Doors
from diagnosis.management.fuzzing.inputs import Input
from diagnosis.management.fuzzing.network import CALLER, Machine
from diagnosis.management.fuzzing.place import Place, listening
from diagnosis.management.fuzzing.seeds import Seed
from diagnosis.management.fuzzing.watch import SECONDS, Watch
from diagnosis.models import DicomSender, Scan, ScanStatus
from diagnosis.services import analysis, patients, senders, storage, studies

_CLINIC: Final = "Riverside Hospital"
_OFTEN: Final = 50
_FAULTS_OF_FILMS: Final = {"too_slow"}  # a film that takes too long ends so by rule

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


def run(place: Place, plan: Plan, say: Say) -> Tally:
    """Send the inputs of a plan through the doors of this place."""
    _quiet()
    call_command("migrate", verbosity=0)
    doors_of = _hospital(place)
    with listening(place) as listener:
        machine = Machine(settings.DICOM_PORT, settings.DICOM_AE_TITLE)
        doors = doors_of(machine)
        watch = Watch(place, listener)
        tally, began = Tally(), time.monotonic()
        for number in range(plan.first, plan.first + plan.count):
            _one(plan, number, doors, watch, tally, say)
            if number % _OFTEN == 0 and not machine.answers():
                tally.failures.append(f"the listener answers no echo after input {number}")
        tally.seconds = time.monotonic() - began
    if trouble := _trail():
        tally.failures.append(trouble)
    return tally


def _quiet() -> None:
    """Leave the output to what does not hold."""
    warnings.simplefilter("ignore")
    for name in ("django.request", "pydicom"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)  # of the sending side


def _hospital(place: Place) -> Callable[[Machine], Doors]:
    """People, a token, a machine, a study that films are added to, and the network."""
    films = place.outgoing / "none"
    films.mkdir()
    call_command("load_demo", films=str(films), stdout=StringIO())
    clinic = Clinic.objects.get(name=_CLINIC)
    administrator = User.objects.get(email="administrator@riverside.example")
    technician = User.objects.get(email="technician@riverside.example")
    _, key = tokens.create(clinic=clinic, name="fuzz", by=administrator)
    sender = DicomSender(clinic=clinic, ae_title=CALLER, address="127.0.0.1")
    senders.store_sender(sender=sender, by=administrator)
    patient = patients.find_or_create_patient(clinic=clinic, number="F-0", actor=technician)
    study = studies.create_study(patient=patient, actor=technician)
    return lambda machine: Doors(technician=technician, token=key, study=study, machine=machine)


def _one(plan: Plan, number: int, doors: Doors, watch: Watch, tally: Tally, say: Say) -> None:
    sent = inputs.made(plan.seed, number, settings.DICOM_AE_TITLE, plan.more)
    watch.begin()
    began = time.monotonic()
    problems = []
    answer = Answer(0)
    try:
        answer = doors.send(sent)
    except Exception as error:  # whatever a door lets through is a finding
        problems.append(f"not answered: {type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    problems += [*watch.problems(sent, answer, seconds), *_analysed(watch, tally)]
    problems += [f"after the analysis {text}" for text in watch.logged()] + list(watch.left_over())
    tally.inputs += 1
    _count(tally, sent, answer, watch)
    if problems:
        kept = _kept(plan, sent, problems)
        tally.failures.append(str(kept))
        say(f"input {number} ({sent.door}; {', '.join(sent.how)}) failed, kept as {kept}:")
        for problem in problems:
            say(f"    {problem}")


def _count(tally: Tally, sent: Input, answer: Answer, watch: Watch) -> None:
    door = f"{sent.door} {sent.page}".strip()
    said = f"{answer.status}" if sent.door != inputs.STORE else answer.code or "broken PDUs"
    tally.counts[(door, f"answer {said} {answer.code if sent.door != inputs.STORE else ''}".strip())] += 1
    for code, count in watch.codes.items():
        tally.counts[(door, code)] += count


def _analysed(watch: Watch, tally: Tally) -> list[str]:
    """Analyse the films that came in as a worker does; what does not hold afterwards."""
    problems = []
    for film in watch.films():
        began = time.monotonic()
        analysis.analyse(scan_id=film)
        seconds = time.monotonic() - began
        scan = Scan.objects.get(pk=film)
        tally.counts[("analysis", f"{scan.status} {scan.reason_code}".strip())] += 1
        if (
            scan.status not in (ScanStatus.ANALYSED, ScanStatus.REFUSED)
            and scan.reason_code not in _FAULTS_OF_FILMS
        ):
            problems.append(f"the analysis ended as {scan.status} {scan.reason_code}")
        if seconds > SECONDS + settings.DECODE_SECONDS:
            problems.append(f"the analysis took {seconds:.1f} s")
    return problems


def _kept(plan: Plan, sent: Input, problems: list[str]) -> Path:
    plan.folder.mkdir(parents=True, exist_ok=True)
    path = plan.folder / f"{plan.seed}-{sent.number}-{sent.door}.input"
    path.write_bytes(sent.content)
    facts = {"seed": plan.seed, "number": sent.number, "door": sent.door, "page": sent.page, "how": sent.how}
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
