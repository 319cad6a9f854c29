"""Fits allauth's second factors to Carina: secrets are sealed, the last factor stays where one is needed."""

import base64
import logging
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken

from accounts.models import User
from accounts.sealing import seal
from accounts.second_factor.rules import is_required

logger = logging.getLogger(__name__)

PURPOSE = "second factor"


class FactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is wrong, or it was used already. Wait for the next one.",
        "cannot_delete_authenticator": "You need a second factor here: add another one first.",
        "unverified_email": "Confirm your e-mail address first.",
    }

    def encrypt(self, text: str) -> str:
        return seal(PURPOSE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret, or a random one, which no code fits, if it was sealed with another SECRET_KEY."""
        try:
            return seal(PURPOSE).decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.warning(
                "a second factor was set up under another SECRET_KEY: remove it, to set it up anew"
            )
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user = authenticator.user
        assert isinstance(user, User)
        others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk)
        left = others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
        return left or not is_required(user)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"
