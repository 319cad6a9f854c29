"""Signing in through the page, and what is on record about it."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User

LOGIN = reverse("account_login")


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action))


def sign_in(client: Client, user: User, password: str, **extra: str) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password, **extra})
