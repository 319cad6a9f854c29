"""Writes what webhooks are to be told, in the transaction of what happened."""

from datetime import datetime
from typing import Final

from diagnosis.models import Study, Webhook, WebhookDelivery
from diagnosis.services import messenger

SEND_TASK: Final = "diagnosis.tasks.send_webhooks"


def queue(kind: str, *, study: Study, about: str = "", why: str = "") -> None:
    """Have the clinic's webhooks that want this kind told of a study; each once for the same `about`.

    Call it in the transaction of what happened, the study's row locked. `about`: what of the study, by its
    public id; `why`: a code. No sentence of a person belongs in either.
    """
    hooks = [
        hook for hook in Webhook.objects.filter(clinic=study.clinic_id, active=True) if kind in hook.kinds
    ]
    if not hooks:
        return
    said = {"kind": kind, "study": study.public_id, "about": about}
    told = set(WebhookDelivery.objects.filter(**said).values_list("webhook_id", flat=True))
    rows = [WebhookDelivery(webhook=hook, why=why, **said) for hook in hooks if hook.pk not in told]
    if rows:
        WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
        messenger.send_on_commit(SEND_TASK)


def earliest_wanting(kind: str) -> dict[int, datetime]:
    """Since when each clinic has a webhook that wants this kind, by the clinic's id."""
    found: dict[int, datetime] = {}
    for hook in Webhook.objects.filter(active=True).order_by("made_at"):
        if kind in hook.kinds:
            found.setdefault(hook.clinic_id, hook.made_at)
    return found
