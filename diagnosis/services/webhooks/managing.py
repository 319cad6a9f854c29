"""What a clinic's administrator does with webhooks; each change is on record, without address and secret."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Clinic, User
from accounts.permissions import may_manage_clinic
from diagnosis.models import Webhook, WebhookDelivery, WebhookKind, WebhookState
from diagnosis.services import history, messenger
from diagnosis.services.locking import lock_clinic
from diagnosis.services.webhooks import addresses, signing
from diagnosis.services.webhooks.courier import give_up_all, host_of
from diagnosis.services.webhooks.queueing import SEND_TASK

OVERLAP: Final = timedelta(hours=24)

TWICE: Final = (
    "Messages go to this address already, and would come twice. Open its webhook below: there you choose "
    "what it is told of, or renew its secret if you did not copy it."
)


class BadAddress(Exception):
    """Nothing may be sent to this address; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class AlreadyRenewed(Exception):
    """Nothing was changed: the form was sent twice, or somebody else has renewed the secret meanwhile."""


def add(*, clinic: Clinic, address: str, kinds: Iterable[str], by: User) -> tuple[Webhook, str]:
    """A new webhook and its secret, which is shown only now; audit `webhook.created`. Raises BadAddress."""
    _check_may(by, clinic.pk)
    address = address.strip()
    try:
        place = addresses.place_of(address)
    except addresses.NotAllowed as why:
        raise BadAddress(why.message) from why
    secret = signing.new_secret()
    with transaction.atomic():
        lock_clinic(clinic.pk)
        if Webhook.objects.filter(clinic=clinic, address=address, active=True).exists():
            raise BadAddress(TWICE)
        webhook = Webhook.objects.create(
            clinic=clinic, address=address, kinds=_known(kinds), secret=signing.sealed(secret), made_by=by
        )
        facts = {"host": place.name, "kinds": webhook.kinds}
        history.write(webhook, "webhook.created", facts, actor=by, rows=[Stored(webhook)])
    return webhook, secret


def choose(*, webhook: Webhook, kinds: Iterable[str], by: User) -> bool:
    """Store what the webhook is told of; audit `webhook.changed`. False if nothing differs."""
    wanted = _known(kinds)
    with transaction.atomic():
        row = _locked(webhook, by)
        if row.kinds == wanted:
            return False
        row.kinds = wanted
        row.save(update_fields=["kinds"])
        facts = _host(row) | {"kinds": wanted}
        history.write(row, "webhook.changed", facts, actor=by, rows=[Stored(row, ["kinds"])])
    return True


def renew_secret(*, webhook: Webhook, by: User, at_once: bool = False, edition: str | None = None) -> str:
    """A new secret, shown only now; audit `webhook.renewed`.

    The former one signs beside it for a day, so that no message is lost; `at_once`: it ends now.
    `edition`: of the secret that is to be renewed. Raises AlreadyRenewed if another one has taken its place.
    """
    secret, now = signing.new_secret(), timezone.now()
    with transaction.atomic():
        row = _locked(webhook, by)
        if edition not in (None, row.edition):
            raise AlreadyRenewed
        row.former_secret, row.former_until = ("", None) if at_once else (row.secret, now + OVERLAP)
        row.secret, row.renewed_at = signing.sealed(secret), now
        row.save(update_fields=["secret", "former_secret", "former_until", "renewed_at"])
        stored = Stored(row, ["former_until", "renewed_at"])
        history.write(row, "webhook.renewed", _host(row), actor=by, rows=[stored])
    return secret


def switch(*, webhook: Webhook, on: bool, by: User) -> bool:
    """Switch a webhook on or off; audit `webhook.switched_on`, `webhook.switched_off`. False if it was so.

    What waits for one that is switched off is given up: on its return it is not told of the past.
    """
    with transaction.atomic():
        row = _locked(webhook, by)
        if row.active == on:
            return False
        row.active = on
        row.save(update_fields=["active"])
        give_up_all(row)  # when switched on, too: a row may have been queued at the very moment
        action = "webhook.switched_on" if on else "webhook.switched_off"
        history.write(row, action, _host(row), actor=by, rows=[Stored(row, ["active"])])
    return True


def send_test(*, webhook: Webhook, by: User) -> bool:
    """Send a message about nothing; audit `webhook.tried`. False for a webhook that is switched off."""
    with transaction.atomic():
        row = _locked(webhook, by)
        if not row.active:
            return False
        WebhookDelivery.objects.create(webhook=row, kind=WebhookKind.TEST, about=str(uuid.uuid4()))
        messenger.send_on_commit(SEND_TASK)
        history.write(row, "webhook.tried", _host(row), actor=by)
    return True


def retry(*, delivery: WebhookDelivery, by: User) -> bool:
    """Try a message again that was given up; audit `webhook.retried`. False if it was not, or all is off."""
    with transaction.atomic():
        row = _locked(delivery.webhook, by)
        given_up = WebhookDelivery.objects.filter(pk=delivery.pk, state=WebhookState.GIVEN_UP)
        fresh = {"state": WebhookState.WAITING, "attempts": 0, "next_try_at": timezone.now()}
        if not row.active or not given_up.update(**fresh, finished_at=None):
            return False
        messenger.send_on_commit(SEND_TASK)
        history.write(row, "webhook.retried", _host(row) | {"kind": delivery.kind}, actor=by)
    return True


def _locked(webhook: Webhook, by: User) -> Webhook:
    row = Webhook.objects.select_for_update().get(pk=webhook.pk)
    _check_may(by, row.clinic_id)
    return row


def _check_may(by: User, clinic_id: int) -> None:
    if not may_manage_clinic(by) or by.clinic_id != clinic_id:
        raise PermissionDenied("Only the clinic's own administrator may change its webhooks.")


def _known(kinds: Iterable[str]) -> list[str]:
    chosen = set(kinds) - {WebhookKind.TEST.value}
    return [kind.value for kind in WebhookKind if kind.value in chosen]


def _host(webhook: Webhook) -> dict[str, object]:
    return {"host": host_of(webhook.address)}
