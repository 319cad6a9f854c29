"""A clinic's webhooks: made, tried, renewed and switched off by its administrator; and what each was told."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import (
    allowed_if,
    recently_authenticated,
    recently_authenticated_to_change,
    sent_from,
)
from accounts.http import SignedIn
from accounts.permissions import may_manage_clinic
from diagnosis.access import webhook_deliveries_for, webhooks_for
from diagnosis.forms import WebhookForm, WebhookKindsForm
from diagnosis.models import Webhook
from diagnosis.services import webhooks

SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed_if(may_manage_clinic)
@recently_authenticated_to_change
def webhook_list(request: SignedIn) -> HttpResponse:
    """List the clinic's webhooks and make new ones; a new secret is shown once, in this response."""
    assert request.user.clinic is not None, "may_manage_clinic requires a clinic"
    form, status = WebhookForm(request.POST if request.method == "POST" else None), 200
    made: dict[str, Any] = {}
    if form.is_valid():
        try:
            webhook, secret = webhooks.add(clinic=request.user.clinic, by=request.user, **form.cleaned_data)
        except webhooks.BadAddress as why:
            form.add_error("address", why.message)
        else:
            made, form, status = {"made": webhook, "secret": secret}, WebhookForm(), 201
    if form.errors:
        status = 422
    context = {"form": form, "webhooks": webhooks_for(request.user).select_related("made_by"), **made}
    return render(request, "diagnosis/webhooks/list.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed_if(may_manage_clinic)
@recently_authenticated_to_change
def webhook_detail(request: SignedIn, webhook_id: uuid.UUID) -> HttpResponse:
    """What a webhook was told; a POST changes of what kinds it is."""
    webhook = _webhook(request, webhook_id)
    if request.method != "POST":
        return _page(request, webhook)
    form = WebhookKindsForm(request.POST)
    if not form.is_valid():
        return _page(request, webhook, form=form, status=422)
    changed = webhooks.choose(webhook=webhook, by=request.user, kinds=form.cleaned_data["kinds"])
    messages.success(request, "The choice is saved." if changed else "Nothing was changed.")
    return redirect("webhook_detail", webhook.public_id)


def page_of_webhook(request: SignedIn, webhook_id: uuid.UUID) -> str:
    return reverse("webhook_detail", args=[_webhook(request, webhook_id).public_id])


@never_cache
@sent_from(page_of_webhook, may_manage_clinic)
@recently_authenticated
def webhook_renew(request: SignedIn, webhook_id: uuid.UUID) -> HttpResponse:
    """Make the next secret, shown once in this response; the former one signs beside it for a day."""
    webhook, at_once = _webhook(request, webhook_id), "at_once" in request.POST
    try:
        secret = webhooks.renew_secret(
            webhook=webhook, by=request.user, at_once=at_once, edition=request.POST.get("edition")
        )
    except webhooks.AlreadyRenewed:
        messages.warning(
            request,
            "Nothing was changed: the secret was renewed already, and shown once. If nobody copied it, renew "
            "it again.",
        )
        return redirect("webhook_detail", webhook.public_id)
    webhook.refresh_from_db()
    return _page(request, webhook, secret=secret)


@sent_from(page_of_webhook, may_manage_clinic)
@recently_authenticated
def webhook_switch(request: SignedIn, webhook_id: uuid.UUID) -> HttpResponse:
    """Switch a webhook on or off."""
    webhook, on = _webhook(request, webhook_id), request.POST.get("to") == "on"
    webhooks.switch(webhook=webhook, on=on, by=request.user)
    told = "on. It is told of what happens from now on." if on else "off. It is told of nothing any more."
    messages.success(request, f"The webhook is switched {told}")
    return redirect("webhook_detail", webhook.public_id)


@sent_from(page_of_webhook, may_manage_clinic)
def webhook_test(request: SignedIn, webhook_id: uuid.UUID) -> HttpResponse:
    """Send a message about nothing."""
    webhook = _webhook(request, webhook_id)
    if webhooks.send_test(webhook=webhook, by=request.user):
        messages.success(
            request, "A test is on its way. Load this page again in a few seconds to see its answer."
        )
    else:
        messages.warning(request, "Nothing was sent: the webhook is switched off.")
    return redirect("webhook_detail", webhook.public_id)


def page_of_delivery(request: SignedIn, delivery_id: uuid.UUID) -> str:
    found = webhook_deliveries_for(request.user).select_related("webhook")
    delivery = get_object_or_404(found, public_id=delivery_id)
    return reverse("webhook_detail", args=[delivery.webhook.public_id])


@sent_from(page_of_delivery, may_manage_clinic)
def webhook_retry(request: SignedIn, delivery_id: uuid.UUID) -> HttpResponse:
    """Try a message again that was given up."""
    found = webhook_deliveries_for(request.user).select_related("webhook")
    delivery = get_object_or_404(found, public_id=delivery_id)
    if webhooks.retry(delivery=delivery, by=request.user):
        messages.success(request, "It is tried again.")
    else:
        messages.info(request, "Nothing was sent: it was not given up, or the webhook is switched off.")
    return redirect("webhook_detail", delivery.webhook.public_id)


def _webhook(request: SignedIn, webhook_id: uuid.UUID) -> Webhook:
    return get_object_or_404(webhooks_for(request.user), public_id=webhook_id)


def _page(request: SignedIn, webhook: Webhook, *, status: int = 200, **facts: Any) -> HttpResponse:
    told = webhook_deliveries_for(request.user).filter(webhook=webhook)
    page = Paginator(told, SIZE).get_page(request.GET.get("page"))
    context = {"webhook": webhook, "form": WebhookKindsForm.of(webhook), "page": page, **facts}
    return render(request, "diagnosis/webhooks/detail.html", context, status=status)
