"""Seals secrets that the portal has to read again, so that a copy of the database alone opens nothing."""

import base64
import hashlib

from cryptography.fernet import Fernet
from django.conf import settings


def seal(purpose: str) -> Fernet:
    """The seal for one purpose, made of SECRET_KEY; with another key it raises `InvalidToken`."""
    key = hashlib.sha256(f"carina {purpose}\n{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
