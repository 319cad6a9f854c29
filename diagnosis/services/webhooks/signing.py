"""The secrets of webhooks, sealed at rest, and the signatures made with them."""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

from cryptography.fernet import InvalidToken

from accounts.sealing import seal
from diagnosis.models import Webhook

HEADER: Final = "Carina-Signature"
START: Final = "carina_hook_"
PURPOSE: Final = "webhook"


class SecretUnreadable(Exception):
    """The secret was sealed under another SECRET_KEY."""


def new_secret() -> str:
    return START + secrets.token_urlsafe(32)


def sealed(secret: str) -> str:
    """The secret as the database keeps it."""
    return seal(PURPOSE).encrypt(secret.encode()).decode()


def secrets_of(webhook: Webhook, now: datetime) -> list[str]:
    """The secrets that sign at this moment, the newest first. Raises SecretUnreadable."""
    kept = [webhook.secret]
    if webhook.former_secret and webhook.former_until and now < webhook.former_until:
        kept.append(webhook.former_secret)
    try:
        return [seal(PURPOSE).decrypt(text.encode()).decode() for text in kept]
    except InvalidToken as error:
        raise SecretUnreadable from error


def signature(keys: list[str], body: bytes, now: datetime) -> str:
    """The header's value: the time, and one `v1` for each secret."""
    at = int(now.timestamp())
    signed = f"{at}.".encode() + body
    marks = [hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in keys]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])
