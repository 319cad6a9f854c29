"""Takes one waiting message after the other to its receiver, and notes on its row what came of it.

WAITING ──claim──▶ SENDING ──▶ DELIVERED
  ▲                   │ └────▶ GIVEN_UP   after the last try, or switched off
  └── later, or after a killed courier ──┘
"""

import json
import logging
import random
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from diagnosis.models import Study, Webhook, WebhookDelivery, WebhookState
from diagnosis.models.study import DONE_STATES
from diagnosis.services import history
from diagnosis.services.webhooks import addresses, posting, signing
from diagnosis.services.webhooks.posting import NotTaken

logger = logging.getLogger(__name__)

COURIER: Final = "courier"
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
SWITCHED_OFF: Final = "The webhook was switched off."
STOPPED_AFTER: Final = timedelta(minutes=2)  # no try takes as long
DELETED_AT_ONCE: Final = 2000


def deliver_due(*, seconds: float) -> int:
    """Send what is due until nothing is or the time is over; how many messages were tried.

    A receiver that does not take one is asked no more this time: it must not hold up the others.
    """
    tried, failing, until = 0, set[int](), time.monotonic() + seconds
    while time.monotonic() < until and (row := _claim_next(failing)) is not None:
        if not _deliver(row):
            failing.add(row.webhook_id)
        tried += 1
    return tried


def put_back_stopped() -> int:
    """SENDING → WAITING for messages whose courier must be dead; how many there were.

    GIVEN_UP for those whose webhook was switched off since.
    """
    now = timezone.now()
    stopped = WebhookDelivery.objects.filter(state=WebhookState.SENDING).filter(
        Q(claimed_at__lt=now - STOPPED_AFTER) | Q(claimed_at__gt=now + STOPPED_AFTER) | Q(claimed_at=None)
    )
    unwanted = stopped.filter(words=SWITCHED_OFF)
    unwanted.update(state=WebhookState.GIVEN_UP, claimed_at=None, finished_at=now)
    return stopped.update(state=WebhookState.WAITING, claimed_at=None, next_try_at=now)


def give_up_all(webhook: Webhook) -> None:
    """WAITING → GIVEN_UP; what is being sent is marked, so that a failed try is its last.

    Call it with the webhook's row locked.
    """
    rows = WebhookDelivery.objects.filter(webhook=webhook)
    rows.filter(state=WebhookState.SENDING).update(words=SWITCHED_OFF)
    ended = {"state": WebhookState.GIVEN_UP, "finished_at": timezone.now(), "words": SWITCHED_OFF}
    rows.filter(state=WebhookState.WAITING).update(**ended)


def forget_old() -> int:
    """Delete what ended WEBHOOK_LOG_DAYS ago; what was told of a study that still waits stays. How many."""
    if not settings.WEBHOOK_LOG_DAYS:
        return 0
    waits = Study.objects.filter(public_id=OuterRef("study")).exclude(state__in=DONE_STATES)
    old = WebhookDelivery.objects.filter(
        ~Exists(waits), finished_at__lt=timezone.now() - timedelta(days=settings.WEBHOOK_LOG_DAYS)
    )
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:DELETED_AT_ONCE])
    return WebhookDelivery.objects.filter(pk__in=keys).delete()[0]


def body_of(row: WebhookDelivery) -> bytes:
    """The message: what happened, to which study, and where to look; the same in every try."""
    said: dict[str, Any] = {"id": str(row.public_id), "kind": row.kind, "at": row.made_at.isoformat()}
    if row.study is not None:
        said["study"] = str(row.study)
        if settings.PUBLIC_ADDRESS:
            said["link"] = settings.PUBLIC_ADDRESS + reverse("study_detail", args=[row.study])
    said |= {name: value for name, value in (("about", row.about), ("why", row.why)) if value}
    return json.dumps(said).encode()


def _claim_next(failing: Collection[int]) -> WebhookDelivery | None:
    """WAITING → SENDING for the message that is due longest, by one conditional update; None if none is."""
    while True:
        now = timezone.now()
        # a time that a wrong clock wrote, farther ahead than any pause, is no reason to wait
        due = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + 2 * PAUSES[-1])
        waiting = WebhookDelivery.objects.filter(due, state=WebhookState.WAITING, webhook__active=True)
        ordered = waiting.exclude(webhook__in=failing).order_by("next_try_at", "pk")
        first = ordered.values_list("pk", flat=True).first()
        if first is None:
            return None
        row = WebhookDelivery.objects.filter(pk=first, state=WebhookState.WAITING)
        claimed = now.replace(microsecond=random.randrange(1_000_000))  # noqa: S311  (no secret)
        sending = {"state": WebhookState.SENDING, "claimed_at": claimed, "words": ""}
        if row.update(attempts=F("attempts") + 1, **sending):
            return WebhookDelivery.objects.select_related("webhook").get(pk=first)


def _deliver(row: WebhookDelivery) -> bool:
    try:
        status, words = _sent(row, timezone.now())
    except NotTaken as why:
        _not_taken(row, why)
        return False
    except Exception:  # one message's trouble must not stop the others
        logger.exception("webhook delivery %s failed", row.public_id)
        _not_taken(row, NotTaken("An error in this portal stopped it; its log says more."))
        return False
    _end(row, WebhookState.DELIVERED, status=status, words=words)
    return True


def _sent(row: WebhookDelivery, now: datetime) -> tuple[int, str]:
    try:
        place = addresses.place_of(row.webhook.address)
        reached = addresses.reachable(place)
    except addresses.NotAllowed as why:
        raise NotTaken(why.message) from why
    try:
        keys = signing.secrets_of(row.webhook, now)
    except signing.SecretUnreadable as error:
        raise NotTaken("The secret was kept under another SECRET_KEY: renew it.") from error
    body = body_of(row)
    return posting.post(place, reached, body, {signing.HEADER: signing.signature(keys, body, now)})


def _not_taken(row: WebhookDelivery, why: NotTaken) -> None:
    """Try again later, or give it up after the last try; audit `webhook.given_up`.

    It is given up, too, if the webhook was switched off meanwhile; that is on record already.
    """
    with transaction.atomic():
        hook = Webhook.objects.select_for_update().get(pk=row.webhook_id)  # as `managing.switch` does
        if not hook.active or WebhookDelivery.objects.filter(pk=row.pk, words=SWITCHED_OFF).exists():
            _end(row, WebhookState.GIVEN_UP, status=why.status, words=SWITCHED_OFF)
        elif row.attempts <= len(PAUSES):
            later = timezone.now() + PAUSES[row.attempts - 1]
            _held(row, state=WebhookState.WAITING, next_try_at=later, status=why.status, words=why.message)
        elif _end(row, WebhookState.GIVEN_UP, status=why.status, words=why.message):
            facts = {"host": host_of(row.webhook.address), "kind": row.kind}
            history.write(row.webhook, "webhook.given_up", facts, actor=COURIER)


def host_of(address: str) -> str:
    """What the record may say of an address: its path and query may hold a secret."""
    try:
        return addresses.place_of(address).name
    except addresses.NotAllowed:
        return "an address that is not allowed any more"


def _end(row: WebhookDelivery, state: str, *, status: int | None, words: str) -> bool:
    return _held(row, state=state, finished_at=timezone.now(), status=status, words=words)


def _held(row: WebhookDelivery, **values: Any) -> bool:
    """Write to the row, unless it was put back and claimed anew meanwhile."""
    mine = WebhookDelivery.objects.filter(pk=row.pk, state=WebhookState.SENDING, claimed_at=row.claimed_at)
    return bool(mine.update(claimed_at=None, **values))
