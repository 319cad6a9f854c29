"""Puts on record who was turned away from what, so that nobody can flood the chain with it.

That is: another clinic's record, a page beyond their role, a wrong token, a form without its key, a limit.
Nothing that was typed is kept. The first time leaves an event; in the same hour the tenth, the hundredth and
so on leave one more each, which says how often it was. In an hour a person or a computer leaves at most
MOST_OF_ONE events of a kind, all strangers together at most MOST_OF_STRANGERS; the last one says that more
are not listed.
"""

import ipaddress
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase

from accounts import audit
from accounts.audit import Reader
from accounts.http import network_address
from accounts.models import ApiToken, AuditEvent, Clinic, User

logger = logging.getLogger(__name__)

ANONYMOUS = "anonymous"
MOST_OF_ONE = 60
MOST_OF_STRANGERS = 200
NO_MORE = "no more of this kind are listed in this hour"
HOUR = 3600
# What the parameter of an address names. Only these are kept: other parts of an address may be anything.
RECORDS = {
    "study_id": "study", "patient_id": "patient", "scan_id": "scan", "prediction_id": "prediction",
    "clinic_id": "clinic", "alert_id": "drift_alert", "report_id": "report",
    "held_id": "held_film", "delivery_id": "delivery", "export_id": "export",
    "outcome_id": "outcome", "signature_id": "signature", "notice_id": "notice", "person_id": "user",
    "agreement_id": "reading_agreement", "referral_id": "referral", "inquiry_id": "inquiry",
    "film_id": "batch_film", "upload_id": "upload", "webhook_id": "webhook",
    "public_id": "token", "instance": "instance", "series": "series",
    "study": "study_instance",  # by their identifiers, in DICOMweb
}  # fmt: skip
KINDS = {401: "access.bad_token", 403: "access.forbidden", 404: "access.not_found", 429: "access.limited"}
FORM_REFUSED = "access.form_refused"
LONGEST_KEY = 20


class DenialsOnRecord:
    """Middleware that records refused requests; a failure to do so never spoils the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        kind = KINDS.get(response.status_code)
        if kind is not None and request.resolver_match is not None:
            try:
                _note_refused(request, kind)
            except (DatabaseError, OSError) as error:
                logger.error("a refused request is not on record: %s", type(error).__name__)
        return response


def note(
    *,
    action: str,
    who: Reader | None,
    subject: str,
    clinic: Clinic | int | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Record that somebody was refused, within the bounds above; `who` is None for a stranger."""
    actor = audit.actor_name(who) if who is not None else ANONYMOUS
    times = _times(action, actor, subject)
    if times != 10 ** (len(str(times)) - 1) or _is_told(action, actor, subject, len(str(times))):
        return
    most = MOST_OF_STRANGERS if who is None else MOST_OF_ONE
    before = _told_of(actor, action, subject.partition(":")[0], most)
    if before < most:
        told = {**(facts or {}), "times": times} | ({"note": NO_MORE} if before == most - 1 else {})
        audit.record(actor=actor, action=action, subject=subject, clinic=clinic, facts=told)


def _times(*words: str) -> int:
    """How often this has happened in this hour; 1 while the cache is down."""
    key = f"carina:denied:{sha256(repr((_hour(), words)).encode()).hexdigest()}"
    cache.add(key, 0, timeout=HOUR)
    try:
        return cache.incr(key)
    except ValueError:  # it ended between the two
        return 1


def _is_told(action: str, actor: str, subject: str, events: int) -> bool:
    """Whether so many events of this hour tell it already: the cache may have lost count."""
    told = AuditEvent.objects.filter(subject=subject, action=action, actor=actor, at__gte=_hour())
    return told.count() >= events


def _told_of(actor: str, action: str, about: str, most: int) -> int:
    """How many events of this kind this hour has of somebody, among the latest ones.

    about: what they are about; what an account was asked for is not crowded out by addresses that have none.
    """
    found = AuditEvent.objects.filter(action=action, subject__startswith=f"{about}:")
    latest = found.order_by("-pk").values_list("actor", "at")
    return sum(name == actor and at >= _hour() for name, at in latest[: 2 * most])


def _hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def network(request: HttpRequest) -> str:
    """The network that a stranger writes from: an address of version 4, or 64 bits of one of version 6."""
    try:
        address = ipaddress.ip_address(network_address(request))
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _note_refused(request: HttpRequest, kind: str) -> None:
    who = _reader(request)
    match = request.resolver_match
    assert match is not None
    if kind == "access.bad_token" and "Authorization" not in request.headers:
        return  # nobody tried anything
    record = _record_asked_for(match.kwargs, match.url_name or "")
    if kind == "access.not_found" and (who is None or not record):
        return  # a mistyped address, or a scanner's
    if kind == "access.forbidden" and _is_refused_form(request):
        kind = FORM_REFUSED
    note(
        action=kind,
        who=who,
        subject=record if who is not None and record else f"network:{network(request)}",
        clinic=who.clinic_id if who is not None else None,
        facts={
            "page": match.url_name or "",
            "method": (request.method or "")[:10],
            "from": network_address(request),
        },
    )


def _reader(request: HttpRequest) -> Reader | None:
    token, user = getattr(request, "auth", None), getattr(request, "user", None)
    if isinstance(token, ApiToken):
        return token
    return user if isinstance(user, User) else None


def _record_asked_for(parameters: dict[str, Any], page: str) -> str:
    for name, kind in RECORDS.items():
        if name in parameters:
            return f"{kind}:{parameters[name]}"
    key = str(parameters.get("object_id", ""))
    if key.isascii() and key.isdigit() and len(key) < LONGEST_KEY:  # a row in Django admin
        return f"{page.rpartition('_')[0]}:{key}"
    return ""


def _is_refused_form(request: HttpRequest) -> bool:
    """Whether the answer is the CSRF check's: it lets a request on by marking it."""
    match = request.resolver_match
    exempt = match is not None and getattr(match.func, "csrf_exempt", False)
    safe = request.method in ("GET", "HEAD", "OPTIONS", "TRACE")
    return not (safe or exempt or getattr(request, "csrf_processing_done", False))
