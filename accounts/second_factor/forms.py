"""The forms of second factors in Carina's words, which answer made-up input like a wrong code."""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.core.cache import cache

from accounts.typed_text import SpeltField

CODE = {"autocomplete": "one-time-code", "autofocus": True, "inputmode": "numeric", "spellcheck": "false"}


class _Code(forms.Form):
    """A code from the app or a recovery code; the app's is good once, however long it is valid."""

    user: Any
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label, field.widget = "Code", forms.TextInput(CODE)
        field.help_text = "Six digits from your authenticator app, or one of your recovery codes."

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # allauth's form beside this one has it
        if self.authenticator.type == Authenticator.Type.TOTP:
            valid = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
            used = f"carina:code-used:{self.user.pk}:{''.join(code.split())}"
            if not cache.add(used, True, timeout=valid):
                raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_Code, AuthenticateForm):
    pass


class CodeAgainForm(_Code, ReauthenticateForm):
    pass


class AppForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label, field.widget = "The six digits that the app shows", forms.TextInput(CODE)


class _Credential(forms.JSONField):
    """The browser's answer, never shown again; a form that comes back asks the passkey anew."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> None:
        return None

    def prepare_value(self, value: Any) -> str:
        return ""


class _Passkey(forms.Form):
    """What the browser sends for a passkey; fido2 raises many things at an answer that no browser made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = _Credential()

    def _clean_fields(self) -> None:
        try:
            super()._clean_fields()  # type: ignore[misc]  # allauth's form beside this one has it
        except MADE_UP:
            self.add_error("credential", get_adapter().validation_error("incorrect_code"))

    def _clean_form(self) -> None:
        try:
            super()._clean_form()  # type: ignore[misc]  # allauth's form beside this one has it
        except MADE_UP:
            self.add_error(None, get_adapter().validation_error("incorrect_code"))


MADE_UP = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)


class AddPasskeyForm(_Passkey, AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = SpeltField(
            label="Name",
            max_length=100,
            required=False,
            help_text="So that you know later which one it is, for example “Phone”.",
        )


class PasskeyForm(_Passkey, AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(_Passkey, ReauthenticateWebAuthnForm):
    pass
