"""What each person chose to be told and how, and what is usual where they chose nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from accounts import audit
from accounts.models import Clinic, NoticeChoice, Role, User
from diagnosis.models import NoticeKind, ReadingRules

# A signed study that is urgent, abnormal or signed anew is chosen about apart: few, and each matters at once.
AT_ONCE: Final = "signed_at_once"
LABELS: Final[dict[str, str]] = {
    NoticeKind.URGENT_WAITING.value: "An urgent study waits to be read",
    NoticeKind.OVERDUE.value: "A study is overdue",
    NoticeKind.FILM_REFUSED.value: "A film that I sent was refused, and why",
    NoticeKind.QUESTION.value: "Somebody asks me about a study",
    NoticeKind.ANSWER.value: "My question has an answer",
    NoticeKind.REFERRAL.value: "A study is to be read by us, or another clinic answers about one of ours",
    AT_ONCE: "A study that I sent is signed: it is urgent, abnormal, or signed anew",
    NoticeKind.READING_SIGNED.value: "Any other study that I sent is signed",
    NoticeKind.CRITICAL_WAITING.value: "A critical result is not acknowledged",
}
# Somebody waits for these; the others are there when the person next looks.
_MAILED: Final = frozenset(
    [
        NoticeKind.URGENT_WAITING.value,
        NoticeKind.QUESTION.value,
        NoticeKind.ANSWER.value,
        NoticeKind.REFERRAL.value,
        AT_ONCE,
        NoticeKind.CRITICAL_WAITING.value,
    ]
)
# Nobody can put it away: where it cannot be seen, thirty minutes pass before the next are told.
ALWAYS_IN_PORTAL: Final = frozenset([NoticeKind.CRITICAL_WAITING.value])
_DOCTORS_ALONE: Final = frozenset([NoticeKind.URGENT_WAITING.value, NoticeKind.OVERDUE.value])


@dataclass(frozen=True)
class Choice:
    """How a person is told of one kind."""

    in_portal: bool
    by_mail: bool


def key_of(kind: str, detail: str) -> str:
    """What a person chooses by: the kind, but for signed studies that are told at once."""
    return AT_ONCE if kind == NoticeKind.READING_SIGNED and detail else str(kind)


def usual(key: str, clinic_id: int | None) -> Choice:
    """How somebody is told who chose nothing; of two kinds the clinic's rules say whether by mail."""
    if key == NoticeKind.OVERDUE:
        return Choice(in_portal=True, by_mail=ReadingRules.of(clinic_id).mails_overdue)
    if key == NoticeKind.FILM_REFUSED:
        return Choice(
            in_portal=True, by_mail=Clinic.objects.filter(pk=clinic_id or 0, mails_refusals=True).exists()
        )
    return Choice(in_portal=True, by_mail=key in _MAILED)


def chosen(people: Collection[int], key: str) -> dict[int, Choice]:
    """What those of the people chose who chose anything here."""
    rows = NoticeChoice.objects.filter(user__in=people, kind=key)
    return {row.user_id: _choice(row) for row in rows}


def choices_of(person: User) -> dict[str, Choice]:
    """How the person is told of each kind that somebody of their role may get, in the page's order."""
    own = {row.kind: _choice(row) for row in NoticeChoice.objects.filter(user=person)}
    keys = [key for key in LABELS if key not in _DOCTORS_ALONE or person.role == Role.DOCTOR]
    return {key: own.get(key) or usual(key, person.clinic_id) for key in keys}


def change(*, person: User, wanted: Mapping[str, Choice]) -> bool:
    """Keep how the person wants to be told; audit `user.notices_chosen`. False if nothing changed.

    What stays as usual is not kept: there the clinic's rules go on to say.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # two pages of one person, one after the other
        before = choices_of(person)
        changed = {key: wanted[key] for key in before if key in wanted and before[key] != wanted[key]}
        for key, choice in changed.items():
            ways = {"in_portal": choice.in_portal, "by_mail": choice.by_mail}
            NoticeChoice.objects.update_or_create(user=person, kind=key, defaults=ways)
        if not changed:
            return False
        facts = {key: _told(choice) for key, choice in changed.items()}
        audit.record(
            actor=person,
            action="user.notices_chosen",
            subject=f"user:{person.public_id}",
            clinic=person.clinic_id,
            facts={"person": person.email, "chosen": facts},
        )
    return True


def _choice(row: NoticeChoice) -> Choice:
    return Choice(row.in_portal or row.kind in ALWAYS_IN_PORTAL, row.by_mail)


def _told(choice: Choice) -> str:
    ways = [word for word, on in (("portal", choice.in_portal), ("mail", choice.by_mail)) if on]
    return ", ".join(ways) or "nothing"
