"""Clinic computers prove themselves with a token that the clinic's administrator made."""

from rest_framework.authentication import BaseAuthentication


class TokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Token <key>`."""
