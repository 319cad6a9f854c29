"""Fits allauth to Carina's accounts: the e-mail address is the login, approval follows its confirmation."""

import logging
import smtplib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import audit, browsers, denials, notices, sign_in_limits
from accounts.addresses import public_address, public_host
from accounts.audit import keys
from accounts.http import network_address
from accounts.models import Approval, Clinic, User
from accounts.permissions import may_see_records, may_use_admin
from accounts.sign_in_limits import TooManyAttempts

logger = logging.getLogger(__name__)

UNKNOWN_ACCOUNT = "account/email/unknown_account"  # of the mail to an address that has no account


def front_page(user: User) -> str:
    """The address of the user's start page: the worklist for those who may see it."""
    if not user.is_approved:
        return reverse("approval_waiting")
    if may_see_records(user):
        return reverse("worklist")
    return reverse("admin:index" if may_use_admin(user) else "profile")


class AccountAdapter(DefaultAccountAdapter):
    """Registration with a clinic and a role; no account is lost when the mail server fails."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address or the password is wrong.",
        # of a second factor and of confirmation mails; those of passwords say how long to wait
        "too_many_login_attempts": "Too many attempts. Try again in five minutes.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return Clinic.objects.exists()

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        assert isinstance(request.user, User)
        return front_page(request.user)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        assert isinstance(request.user, User)
        return front_page(request.user)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        assert isinstance(request.user, User)
        return reverse("profile") if request.user.is_approved else reverse("approval_waiting")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt, or refuse it in words and put on record, once, that the limit was reached."""
        address = str(credentials.get("email", ""))
        user = User.objects.filter(email=address).first()
        try:
            self._login_failed_rl_usage = sign_in_limits.count(request, address=address, user=user)
        except TooManyAttempts as stopped:
            if stopped.first:
                _record_stop(request, user, stopped.limit)
            raise ValidationError(stopped.message, code="too_many_login_attempts") from stopped

    def post_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **facts)
        if browsers.known(request, user) is None and not self._is_first_sign_in:
            notices.tell_of_new_browser(user, request)
        browsers.remember(request, response, user)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        self._is_first_sign_in = user.last_login is None  # Django's login writes it
        super().login(request, user)

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        for name in ("clinic", "role", "licence_number", "speciality"):
            setattr(user, name, form.cleaned_data[name])
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        try:
            with transaction.atomic():
                confirmed = bool(super().confirm_email(request, email_address))
                if confirmed and email_address.user.approval == Approval.WAITING:
                    notices.tell_administrators(email_address.user)
                return confirmed
        except IntegrityError:  # confirmed for another account at the same moment
            self.add_message(request, messages.ERROR, "account/messages/email_confirmation_failed.txt")
            return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        _record_asked_for_reset(user, email)
        super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if template_prefix == UNKNOWN_ACCOUNT:
            _record_asked_for_reset(None, email)
        try:
            super().send_mail(template_prefix, email, _with_public_addresses(context))
        except (OSError, smtplib.SMTPException):
            logger.exception("mail %s could not be sent: is EMAIL_URL right?", template_prefix)
            _say_that_mail_failed()


def _with_public_addresses(facts: dict[str, Any]) -> dict[str, Any]:
    """What a mail says, with links and name of the portal as people know it."""
    request = context.request
    if request is None:
        return facts
    links = {name: public_address(request, link) for name, link in facts.items() if name.endswith("_url")}
    return {**facts, **links, "portal": public_host(request)}


def _record_asked_for_reset(user: User | None, email: str) -> None:
    """Record that somebody asked for a new password for this person, or for an address that nobody has.

    Each such address counts by itself, as a person does: an answer that writes takes longer than one that
    does not, and would tell which addresses have accounts. What was typed is kept as a keyed digest alone.
    """
    request = context.request
    place = denials.network(request) if request is not None else "unknown"
    address = keys.sign("carina address", email.lower(), 8)  # made for both, and so is the work
    denials.note(
        action="user.password_reset_asked",
        who=None,
        subject=f"user:{user.public_id}" if user else f"address:{address}",
        clinic=user.clinic_id if user else None,
        facts={"from": place} | ({"person": user.email} if user else {}),
    )


def _record_stop(request: HttpRequest, user: User | None, limit: str) -> None:
    facts = {"limit": limit, "from": network_address(request)} | ({"person": user.email} if user else {})
    audit.record(
        actor="anonymous",
        action="user.sign_in_stopped",
        subject=f"user:{user.public_id}" if user else "user:unknown",
        clinic=user.clinic_id if user else None,
        facts=facts,
    )


def _say_that_mail_failed() -> None:
    if context.request is not None:
        text = "The e-mail could not be sent just now. Sign in again in a few minutes to get another one."
        messages.error(context.request, text)
