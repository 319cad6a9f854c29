"""Files the films of a draft: those of one patient and one day become one study; a DICOM film finds its own.

A group of films is claimed before it is sent, under a key of its own: a second press, a second tab, or the
press after a power cut finds what was filed under that key instead of filing it again. A group goes in as a
whole or comes back to the draft with the reason; none costs the others.
"""

import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from diagnosis import spelling
from diagnosis.models import Batch, BatchFilm, BatchState, Patient
from diagnosis.services import batches, resemblance
from diagnosis.services.intake.batch_filing import CHANGED, WORDS, Back, Outcome, Ready, file_group

SECONDS: Final = 20  # of one press: proxies and phones give up on a slow answer


@dataclass
class Sent:
    """What one press of Send did. left: how many rows it did not get to, for the next press."""

    films: int = 0
    back: int = 0
    busy: int = 0
    left: int = 0
    looked: list[Patient] = field(default_factory=list)
    """Patients whom a row names in its reason."""


def send(*, actor: User, ready: Sequence[Ready], seconds: float = SECONDS) -> Sent:
    """File as many groups as the time allows, at least one; each row then tells what became of it."""
    sent, until = Sent(), time.monotonic() + seconds
    groups = list(_groups(ready))
    for place, group in enumerate(groups):
        if place and time.monotonic() > until:
            sent.left = sum(len(one) for one in groups[place:])
            break
        _send_group(actor, group, sent)
    return sent


def _groups(ready: Iterable[Ready]) -> Iterator[list[Ready]]:
    """The films that become one study; films that were being sent before go as they went then."""
    found: dict[tuple[str, ...], list[Ready]] = {}
    for one in ready:
        film = one.film
        key: tuple[str, ...] = (spelling.key(one.number),)
        if film.sending is not None:
            key = ("again", str(film.sending))
        elif film.is_dicom:
            key += ("study", str(film.header.get("study_instance_uid") or film.public_id))
        else:
            key += ("day", str(one.taken_on))
        found.setdefault(key, []).append(one)
    yield from found.values()


def _send_group(actor: User, group: list[Ready], sent: Sent) -> None:
    batch = group[0].film.batch
    if any(one.film.state == BatchState.SENDING and not batches.is_left_behind(one.film) for one in group):
        sent.busy += len(group)
        return
    try:
        patient = _of_all(group)
        if group[0].film.sending is None:
            _ask_about_look_alikes(batch, group, patient, sent)
        key = _claimed(batch, group)
    except Back as why:
        _give_back(batch, group, why.text)
        sent.back += len(group)
        return
    if key is None:  # another tab was faster
        sent.busy += len(group)
        return
    try:
        outcomes = file_group(actor, batch, group, patient, key)
    except Back as why:
        outcomes = [Outcome(why.text)] * len(group)
    _settle(batch, group, key, outcomes)
    done = sum(one.is_kept for one in outcomes)
    sent.films, sent.back = sent.films + done, sent.back + len(group) - done


# ---------------------------------------------------------------------------------- before it is sent


def _of_all(group: Sequence[Ready]) -> dict[str, Any]:
    """What the rows say of their one patient, together. Raises Back where they contradict each other."""
    said: dict[str, Any] = {}
    for one in group:
        for name, value in one.patient.items():
            if value in (None, "", "unknown"):
                continue
            if spelling.key(str(said.setdefault(name, value))) != spelling.key(str(value)):
                raise Back(
                    f"The rows of this number say two different things: {WORDS[name]}. One patient has one; "
                    "correct the row that is wrong, or its number."
                )
    return said


def _ask_about_look_alikes(batch: Batch, group: list[Ready], patient: dict[str, Any], sent: Sent) -> None:
    """Raise Back where the new patient may be one on record and nobody said: another person."""
    facts = {**patient, "number": group[0].number}
    listed = {spelling.key(typed.get("number", "")) for typed in batch.films.values_list("typed", flat=True)}
    found = [
        other
        for other in resemblance.like(clinic=batch.clinic_id, facts=facts)
        if other.number_key not in listed  # numbers given out in a row: they stand side by side here
    ]
    shown = {name for one in group if one.other_person for name in one.film.alike}
    if {str(other.public_id) for other in found} <= shown:
        return
    sent.looked += found
    alike = [str(other.public_id) for other in found]
    BatchFilm.objects.filter(pk__in=[one.film.pk for one in group], batch=batch).update(alike=alike)
    raise Back("")


def _claimed(batch: Batch, group: list[Ready]) -> uuid.UUID | None:
    """Take the group's rows for sending; None if they are being sent or are sent already. Raises Back."""
    key = group[0].film.sending or uuid.uuid4()
    with transaction.atomic():
        batches.locked(batch)
        rows = {film.pk: film for film in batch.films.filter(pk__in=[one.film.pk for one in group])}
        for one in group:
            row = rows.get(one.film.pk)
            if row is None or (row.state, row.sending) != (one.film.state, one.film.sending):
                return None
            if row.typed != one.film.typed:
                raise Back(CHANGED)
            if row.state == BatchState.SENDING and row.sending_at != one.film.sending_at:
                return None
        _check_shown(batch, list(rows.values()))
        batch.films.filter(pk__in=rows).update(
            state=BatchState.SENDING, sending=key, sending_at=timezone.now(), told=""
        )
    return key


def _check_shown(batch: Batch, rows: Sequence[BatchFilm]) -> None:
    """Raise Back where a number is somebody else's than whoever presses Send was shown."""
    drafts = [row for row in rows if row.state == BatchState.DRAFT]  # the others are sent as they were
    owners = batches.owners_of(batch, drafts)
    for row in drafts:
        owner = owners.get(row.pk)
        if batches.shown_as(owner) == (row.shown or batches.NEW):
            continue
        now = "now " if row.shown else ""
        if owner is None:
            raise Back("Nobody has this number any more: it would be a new patient. Look again, then send.")
        name = f"{owner.full_name}’s" if owner.full_name else "that of a patient without a name"
        born = f", born {owner.born}" if owner.born else ""
        raise Back(f"The number is {now}{name}{born}: look again, then send.")


# ------------------------------------------------------------------------------------ after it was sent


def _settle(batch: Batch, group: Sequence[Ready], key: uuid.UUID, outcomes: Sequence[Outcome]) -> None:
    """Note what became of each film; those on record, or waiting for a person, need their file no more."""
    with transaction.atomic():
        batches.locked(batch)
        for one, outcome in zip(group, outcomes, strict=True):
            row = BatchFilm.objects.filter(pk=one.film.pk, sending=key, state=BatchState.SENDING)
            told = {"told": outcome.text[:1000], "sending": None, "sending_at": None}
            if outcome.is_kept:
                row.update(state=BatchState.SENT, study=outcome.study, sent_at=timezone.now(), **told)
            else:
                row.update(state=BatchState.DRAFT, tried=True, **told)
        _show_made(batch, group[0].number, outcomes)
    batches.drop_files(one.film for one, outcome in zip(group, outcomes, strict=True) if outcome.is_kept)


def _show_made(batch: Batch, number: str, outcomes: Sequence[Outcome]) -> None:
    """Note at the other rows of a new patient's number that it is the patient whom this group made."""
    made = next((one.study.patient for one in outcomes if one.study is not None), None)
    if made is None or made.number_key != spelling.key(number):
        return
    for row in batch.films.filter(state=BatchState.DRAFT, shown__in=("", batches.NEW)):
        if spelling.key(row.typed.get("number", "")) == made.number_key:
            BatchFilm.objects.filter(pk=row.pk).update(shown=batches.shown_as(made))


def _give_back(batch: Batch, group: Sequence[Ready], text: str) -> None:
    """Say at the rows why they were not sent, unless another tab sends them now."""
    rows = batch.films.filter(pk__in=[one.film.pk for one in group], state=BatchState.DRAFT)
    rows.update(told=text[:1000], tried=True)
