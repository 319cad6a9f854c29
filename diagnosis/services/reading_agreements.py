"""Agreements by which one clinic reads for another: asked for, accepted or declined, ended at once by either.

Each step is on record in both clinics. What was read under an agreement stays readable to both; what it lets
the reading clinic see, `reading_agreement.in_force` decides.
"""

from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts import notices
from accounts.audit import Actor, Stored
from accounts.models import Clinic, User
from accounts.permissions import may_manage_clinic
from diagnosis import spelling
from diagnosis.models import AgreementState, Covers, ReadingAgreement
from diagnosis.models.reading_agreement import today
from diagnosis.services import history
from diagnosis.services.history import Entry

DECISION: Final = ("state", "is_open", "decided_by", "decided_at", "declined_reason")
END: Final = ("state", "is_open", "ended_by", "ended_at")


class AgreementRefused(Exception):
    """Nothing was changed; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Terms:
    """What is asked for, as the administrator chose it."""

    first_day: date
    covers: str = Covers.ALL
    last_day: date | None = None
    hours_from: time | None = None
    hours_to: time | None = None
    urgent_minutes: int = 30
    routine_minutes: int = 240

    def check(self) -> None:
        """Raises AgreementRefused where the days or hours make no sense."""
        if self.first_day < today():
            raise AgreementRefused(
                f"The first day is past. By the portal’s clock, {today():%-d %B %Y} is the earliest."
            )
        if self.last_day is not None and self.last_day < self.first_day:
            raise AgreementRefused("The last day lies before the first one.")
        if (self.hours_from is None) != (self.hours_to is None):
            raise AgreementRefused("Give both hours of service, or neither for the whole day.")
        if self.hours_from is not None and self.hours_from == self.hours_to:
            raise AgreementRefused("The hours of service end when they begin: leave both empty for all day.")


def ask(*, by: User, reading_clinic: Clinic, terms: Terms) -> ReadingAgreement:
    """Ask another clinic to read for `by`'s own; audit `agreement.asked`, mail its administrators.

    An earlier agreement of the two whose last day is past is closed. Raises AgreementRefused.
    """
    if by.clinic is None or not may_manage_clinic(by):
        raise AgreementRefused("Only a clinic’s administrator asks another clinic to read for it.")
    clinic = by.clinic
    if clinic == reading_clinic:
        raise AgreementRefused("Choose another clinic: yours reads its own films already.")
    terms.check()
    with transaction.atomic():
        # both, in order: the new row waits for the rows that it names
        list(Clinic.objects.select_for_update().filter(pk__in=(clinic.pk, reading_clinic.pk)).order_by("pk"))
        entries = _make_room(clinic, reading_clinic)
        row = ReadingAgreement.objects.create(
            clinic=clinic, reading_clinic=reading_clinic, asked_by=by, **asdict(terms)
        )
        _tell(row, "asked", to=reading_clinic)
        history.write_all([*entries, *_entries(row, "agreement.asked", Stored(row))], actor=by)
    return row


def accept(*, agreement: ReadingAgreement, by: User) -> None:
    """Sign for the reading clinic; audit `agreement.accepted`, mail the other. Raises AgreementRefused."""
    with transaction.atomic():
        row = _asked(agreement, by)
        if row.last_day is not None and row.last_day < today():
            raise AgreementRefused("Its last day is past. The other clinic has to ask anew.")
        row.state, row.decided_by, row.decided_at = AgreementState.AGREED, by, timezone.now()
        _store(row, DECISION, "agreement.accepted", by)
        _tell(row, "accepted", to=row.clinic)


def decline(*, agreement: ReadingAgreement, by: User, reason: str) -> None:
    """Say no for the reading clinic, with a reason; audit `agreement.declined`, mail the other.

    Raises AgreementRefused.
    """
    reason = spelling.tidy(reason)
    with transaction.atomic():
        row = _asked(agreement, by)
        if not reason:
            raise AgreementRefused("Say why: the other clinic’s administrators read it.")
        row.state, row.is_open = AgreementState.DECLINED, None
        row.decided_by, row.decided_at, row.declined_reason = by, timezone.now(), reason
        _store(row, DECISION, "agreement.declined", by)
        _tell(row, "declined", to=row.clinic)


def end(*, agreement: ReadingAgreement, by: User) -> None:
    """End an agreement at once, for either clinic, or take back what nobody has answered yet.

    Audit `agreement.ended` or `agreement.withdrawn`, mail the other clinic. Raises AgreementRefused.
    """
    with transaction.atomic():
        row = _locked(agreement)
        if not _is_of(by, row.clinic) and not _is_of(by, row.reading_clinic):
            raise AgreementRefused("Only an administrator of one of the two clinics ends their agreement.")
        if not row.is_open:
            raise AgreementRefused("It had ended already.")
        unanswered = row.state == AgreementState.ASKED
        if unanswered and not _is_of(by, row.clinic):
            raise AgreementRefused("Nobody has accepted it yet: decline it, with a reason.")
        row.state, row.is_open, row.ended_by, row.ended_at = AgreementState.ENDED, None, by, timezone.now()
        _store(row, END, "agreement.withdrawn" if unanswered else "agreement.ended", by)
        other = row.reading_clinic if by.clinic_id == row.clinic_id else row.clinic
        _tell(row, "withdrawn" if unanswered else "ended", to=other)


def waits_for(agreement: ReadingAgreement, by: User) -> bool:
    """Whether it is this administrator's turn to answer."""
    return agreement.state == AgreementState.ASKED and _is_of(by, agreement.reading_clinic)


def waiting(reader: object) -> int:
    """How many clinics wait for this administrator's answer."""
    if not isinstance(reader, User) or not may_manage_clinic(reader):
        return 0
    asked = ReadingAgreement.objects.filter(reading_clinic=reader.clinic_id, state=AgreementState.ASKED)
    return asked.count()


def _make_room(clinic: Clinic, reading_clinic: Clinic) -> list[Entry]:
    """Close an open agreement of the two whose last day is past. Raises AgreementRefused if it goes on."""
    pair = ReadingAgreement.objects.select_for_update().filter(
        clinic=clinic, reading_clinic=reading_clinic, is_open=True
    )
    row = pair.first()
    if row is None:
        return []
    if row.last_day is None or row.last_day >= today():
        if row.state == AgreementState.ASKED:
            raise AgreementRefused(f"{reading_clinic} is asked already. Withdraw that first to ask anew.")
        raise AgreementRefused(f"You have an agreement with {reading_clinic}. End it first to ask anew.")
    row.state, row.is_open, row.ended_at = AgreementState.ENDED, None, timezone.now()
    row.save(update_fields=END)
    return _entries(row, "agreement.ended", Stored(row, END))


def _locked(agreement: ReadingAgreement) -> ReadingAgreement:
    return ReadingAgreement.objects.select_for_update().get(pk=agreement.pk)


def _asked(agreement: ReadingAgreement, by: User) -> ReadingAgreement:
    """The locked row, if it still waits for this administrator's answer. Raises AgreementRefused."""
    row = _locked(agreement)
    if not _is_of(by, row.reading_clinic):
        raise AgreementRefused("Only an administrator of the clinic that is asked answers.")
    if row.state == AgreementState.ENDED:
        raise AgreementRefused(f"{row.clinic} has withdrawn it meanwhile.")
    if row.state != AgreementState.ASKED:
        raise AgreementRefused(f"{row.decided_by} has answered it already.")
    return row


def _is_of(by: User, clinic: Clinic) -> bool:
    return may_manage_clinic(by) and by.clinic_id == clinic.pk


def _store(row: ReadingAgreement, fields: tuple[str, ...], action: str, by: Actor) -> None:
    row.save(update_fields=fields)
    history.write_all(_entries(row, action, Stored(row, fields)), actor=by)


def _entries(row: ReadingAgreement, action: str, stored: Stored) -> list[Entry]:
    """What happened, for the record of either clinic; names as they are today."""
    facts = {"sends": row.clinic.name, "reads": row.reading_clinic.name, "covers": str(row.covers)}
    return [
        Entry(row, action, facts, rows=[stored]),
        Entry(row, action, facts, clinic=row.reading_clinic),
    ]


def _tell(row: ReadingAgreement, happened: str, *, to: Clinic) -> None:
    notices.tell_of_agreement(to, happened, sends=row.clinic, reads=row.reading_clinic)
