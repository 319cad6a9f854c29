"""What a study's page shows of its way to another clinic: steps, questions, and what this reader may do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Clinic, User
from accounts.permissions import may_submit
from diagnosis.models import Inquiry, ReadingAgreement, Referral, ReferralState, Study
from diagnosis.services import inquiries, referrals, referred
from diagnosis.services.overdue import OPEN


@dataclass(frozen=True)
class Step:
    """Something that happened on the way, and who did it."""

    what: str
    at: datetime
    who: str
    why: str = ""


@dataclass(frozen=True)
class Way:
    """One referral as a page shows it; `due`: by when the agreement wants it read."""

    referral: Referral
    due: datetime | None
    late: bool

    @property
    def reads_again(self) -> datetime | None:
        """When the reading clinic's hours of service begin, where somebody waits for it outside of them."""
        row = self.referral
        waits = row.is_open and row.read_at is None
        return row.agreement.reads_again(timezone.now()) if waits else None

    @property
    def steps(self) -> Iterator[Step]:
        """What happened, the first first."""
        row = self.referral
        if row.passed_from_id:
            yield Step(f"passed on to {row.reading_clinic}", row.asked_at, str(row.asked_by))
        elif row.asked_by:
            yield Step(f"{row.reading_clinic} asked", row.asked_at, str(row.asked_by))
        else:
            yield Step(f"given to {row.reading_clinic}", row.asked_at, "by the agreement")
        if row.accepted_by and row.accepted_at:
            yield Step("accepted", row.accepted_at, str(row.accepted_by))
        if row.read_at:
            yield Step("read", row.read_at, str(row.closed_by))
        if row.returned_at:
            yield Step("returned", row.returned_at, "")
        if row.closed_at and not row.returned_at:
            what = f"{row.get_state_display().lower()} by {self._closer}"
            yield Step(what, row.closed_at, str(row.closed_by or ""), row.closed_reason)

    @property
    def _closer(self) -> Clinic | str:
        row = self.referral
        if row.closed_by_id is None:
            return "the portal"
        return row.clinic if row.state == ReferralState.WITHDRAWN else row.reading_clinic

    @property
    def state(self) -> str:
        """How it stands; what an agreement gives away nobody has accepted by name."""
        row = self.referral
        if row.state == ReferralState.ACCEPTED and row.accepted_by_id is None:
            return "Given by the agreement"
        if not row.is_open and row.returned_at and row.study.state in OPEN:
            return "Was read before; is not with them now"
        return row.get_state_display()

    @property
    def undecided(self) -> bool:
        return self.referral.state == ReferralState.REQUESTED


@dataclass(frozen=True)
class Choice:
    """A clinic that may be asked; `reads_again`: when its hours of service begin, outside of them."""

    agreement: ReadingAgreement
    reads_again: datetime | None


@dataclass(frozen=True)
class ReferralPanel:
    """`now`: the referral that counts; `choices`: whom it may be sent to from here."""

    now: Way | None
    earlier: list[Way]
    inquiries: list[Inquiry]
    choices: list[Choice] = field(default_factory=list)
    may_ask: bool = False
    may_withdraw: bool = False
    may_decide: bool = False
    may_question: bool = False
    may_answer: bool = False

    @property
    def steps(self) -> list[Step]:
        """All that happened, the first first."""
        ways = [*reversed(self.earlier), *([self.now] if self.now else [])]
        return [step for way in ways for step in way.steps]

    @property
    def unanswered(self) -> int:
        return sum(inquiry.answered_at is None for inquiry in self.inquiries)


def way_of(referral: Referral) -> Way:
    agreement, now = referral.agreement, timezone.now()
    minutes = agreement.urgent_minutes if referral.study.urgent else agreement.routine_minutes
    due = referral.asked_at + timedelta(minutes=minutes) if referral.is_open and minutes else None
    return Way(referral, due, due is not None and due < now)


def _choices(agreements: Iterable[ReadingAgreement]) -> list[Choice]:
    now = timezone.now()
    return [Choice(agreement, agreement.reads_again(now)) for agreement in agreements]


def referral_of(study: Study, reader: User) -> ReferralPanel | None:
    """The panel for this reader; None where there is nothing to show or to do."""
    ways = [way_of(row) for row in referrals.of(study)]
    if study.clinic_id != reader.clinic_id:
        return _of_reading_clinic(study, reader, ways)
    now = next((way for way in ways if way.referral.is_open), ways[0] if ways else None)
    sends = may_submit(reader) and study.cancelled_at is None and study.films_counted > 0
    is_open = now is not None and bool(now.referral.is_open)
    choices = _choices(referrals.agreements_of(study.clinic)) if sends and not is_open else []
    if not ways and not choices:
        return None
    return ReferralPanel(
        now=now,
        earlier=[way for way in ways if way is not now],
        inquiries=inquiries.of(study),
        choices=choices,
        may_ask=bool(choices),
        may_withdraw=is_open and may_submit(reader),
        may_answer=may_submit(reader),
    )


def _of_reading_clinic(study: Study, reader: User, ways: list[Way]) -> ReferralPanel | None:
    """What its own doctors are told: their clinic's referrals and questions, not those of a third one."""
    own = [way for way in ways if way.referral.reading_clinic_id == reader.clinic_id]
    if not own:
        return None
    now = next((way for way in own if way.referral.is_open), own[0])
    decides = bool(now.referral.is_open) and referred.may_read(reader, study)
    others = referrals.agreements_of(study.clinic).exclude(reading_clinic=reader.clinic_id)
    keys = {way.referral.pk for way in own}
    return ReferralPanel(
        now=now,
        earlier=[way for way in own if way is not now],
        inquiries=[inquiry for inquiry in inquiries.of(study) if inquiry.referral_id in keys],
        choices=_choices(others) if decides else [],
        may_decide=decides,
        may_question=referred.may_read(reader, study),
    )
