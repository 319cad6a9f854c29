"""E-mails about accounts: short, plain text, never with patient data."""

import logging
import smtplib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from allauth.core import context
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts import browsers
from accounts.addresses import public_address
from accounts.http import network_address
from accounts.models import ApiToken, Approval, Clinic, Membership, Role, User
from accounts.models.membership import people_of

logger = logging.getLogger(__name__)

LINKS = 10  # in one mail
MAIL_ERRORS = (OSError, smtplib.SMTPException)  # the mail server is down, slow or refuses


@dataclass(frozen=True)
class Line:
    """One thing in a mail about studies: what happened, what to do, and which study's page tells more."""

    words: str
    advice: str
    study: UUID


def send_after_commit(
    *,
    kind: str,
    user: User,
    page: str = "account_login",
    page_of: UUID | None = None,
    **more: Any,
) -> None:
    """Mail `accounts/email/<kind>` to the user once the change is committed.

    `page` is the route it links to, `page_of` the record whose page that is, `more` further values for its
    text. A mail that cannot be sent is only logged: the change stands.
    """
    facts = {
        "reason": user.approval_reason,
        "page": _address_of(page, page_of),
        **more,
    }
    text = render_to_string(f"accounts/email/{kind}_message.txt", facts).strip() + "\n"
    subject = " ".join(render_to_string(f"accounts/email/{kind}_subject.txt", facts).split())
    transaction.on_commit(partial(_send, subject=subject, text=text, user=user))


def tell_of_new_browser(user: User, request: HttpRequest) -> None:
    """Mail the person that somebody signed in to their account where nobody did before."""
    browser = browsers.described(request.headers.get("User-Agent", ""))
    facts: dict[str, Any] = {"browser": browser, "address": network_address(request), "at": timezone.now()}
    send_after_commit(kind="new_browser", user=user, page="session_list", **facts)


def tell_administrators(user: User) -> None:
    """Mail the clinic's administrators, or the operators where there are none, that `user` is waiting."""
    if user.clinic is None:
        return
    for administrator in _administrators(user.clinic) or _operators():
        send_after_commit(kind="somebody_waits", user=administrator, page="approval_list", person=user)


def tell_of_waiting_membership(membership: Membership) -> None:
    """Mail the clinic's administrators, or the operators, that somebody asks to work there, too."""
    facts: dict[str, Any] = {"clinic": membership.clinic.name, "role": membership.get_role_display().lower()}
    readers = _administrators(membership.clinic).exclude(pk=membership.user_id)
    for reader in readers or _operators():
        send_after_commit(
            kind="membership_waits", user=reader, page="membership_list", who=membership.user, **facts
        )


def tell_of_ended_tokens(ended: Iterable[ApiToken], *, maker: User) -> None:
    """Mail which computers lost their API tokens because `maker` lost access.

    It goes to each clinic's remaining administrators or, if there are none, to the operators.
    """
    for clinic, tokens in groupby(
        sorted(ended, key=lambda token: token.clinic_id), lambda token: token.clinic
    ):
        facts: dict[str, Any] = {"tokens": list(tokens), "maker": maker.email, "clinic": clinic.name}
        for reader in _administrators(clinic).exclude(pk=maker.pk) or _operators().exclude(pk=maker.pk):
            send_after_commit(kind="tokens_ended", user=reader, page="token_list", **facts)


def tell_of_expiring_token(token: ApiToken) -> None:
    """Mail the clinic's administrators that one of its computers will soon need a new token."""
    facts: dict[str, Any] = {"token": token, "clinic": token.clinic.name}
    for reader in _administrators(token.clinic):
        send_after_commit(kind="token_expires", user=reader, page="token_list", **facts)


def tell_of_changed_films(clinic: Clinic, changes: list[str]) -> None:
    """Mail the clinic's administrators and the operators how its films changed, a sentence a change."""
    for reader in [*_administrators(clinic), *_operators()]:
        send_after_commit(
            kind="films_changed", user=reader, page="drift_list", clinic=clinic.name, changes=changes
        )


def tell_of_waiting_limits(clinic: Clinic, *, network: str, proposer: User, part: str) -> None:
    """Mail those of the clinic who may agree to limits as the second person, by the part that is missing."""
    readers = _administrators(clinic) if part == Role.ADMINISTRATOR else _doctors(clinic)
    for reader in readers.exclude(pk=proposer.pk):
        facts: dict[str, Any] = {"clinic": clinic.name, "network": network, "proposer": str(proposer)}
        send_after_commit(kind="limits_wait", user=reader, page="clinic_limits", part=part, **facts)


def _doctors(clinic: Clinic) -> QuerySet[User]:
    return people_of(clinic, Role.DOCTOR)


def mail_notices(person: User, *, subject: str, lines: Sequence[Line]) -> bool:
    """Mail the person what happened to studies, now: links, or ids where no address is known.

    False if it could not be sent.
    """
    shown = [(line, _address_of("study_detail", line.study)) for line in lines[:LINKS]]
    facts = {
        "lines": shown,
        "more": max(0, len(lines) - LINKS),
        "page": _address_of("notice_list"),
        "choices": _address_of("notice_choices"),
    }
    text = render_to_string("accounts/email/notices_message.txt", facts).strip() + "\n"
    return _send(subject=subject, text=text, user=person)


def tell_of_agreement(to: Clinic, happened: str, *, sends: Clinic, reads: Clinic) -> None:
    """Mail a clinic's administrators what happened to an agreement by which one clinic reads for another."""
    facts: dict[str, Any] = {"happened": happened, "sends": sends.name, "reads": reads.name}
    for reader in _administrators(to):
        send_after_commit(kind="reading_agreement", user=reader, page="reading_agreements", **facts)


def _administrators(clinic: Clinic) -> QuerySet[User]:
    return people_of(clinic, Role.ADMINISTRATOR)


def _operators() -> QuerySet[User]:
    return User.objects.filter(is_superuser=True, approval=Approval.APPROVED, is_active=True)


def _address_of(page: str, page_of: UUID | None = None) -> str:
    """The full address of a page, or "" where the portal's own is not known: outside a request."""
    path = reverse(page, args=[page_of] if page_of else [])
    request = context.request
    if request is None:
        return f"{settings.PUBLIC_ADDRESS}{path}" if settings.PUBLIC_ADDRESS else ""
    return public_address(request, path)


def _send(*, subject: str, text: str, user: User) -> bool:
    try:
        send_mail(settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject, text, None, [user.email])
    except MAIL_ERRORS:
        logger.exception("mail to user %s could not be sent: is EMAIL_URL right?", user.public_id)
        return False
    return True
