"""The forms of signing in and of passwords, in Carina's words: allauth's, with one sentence of rules."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django import forms

from accounts.models import User

RULES = "At least ten characters; no common password, not only digits, not like your name or address."


class PlainPassword(forms.Form):
    """A form with a new password: what is wrong with it replaces the rules, so that nothing is said twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = RULES
        self.fields["password2"].label = "Repeat the password"
        for field in self.fields.values():  # they repeat the labels
            field.widget.attrs.pop("placeholder", None)

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        if field == "password1":
            self["password1"].help_text = ""


class SignInForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail address"
        self.fields["login"].widget.attrs.update(autofocus=True, autocomplete="username")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class ForgottenForm(allauth_forms.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.fields["email"].widget.attrs.update(autofocus=True)
        self.fields["email"].widget.attrs.pop("placeholder", None)


class ConfirmForm(allauth_forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs.update(autofocus=True)
        self.fields["password"].widget.attrs.pop("placeholder", None)


class ChangeForm(PlainPassword, allauth_forms.ChangePasswordForm):
    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Current password"
        self.fields["password1"].label = "New password"

    def clean_oldpassword(self) -> str:
        """Counted and on record like a sign-in, so that nobody guesses it from a screen left open."""
        typed: str = self.cleaned_data["oldpassword"]
        found = get_adapter().authenticate(context.request, email=self.user.email, password=typed)
        if found is None or found.pk != self.user.pk:
            raise get_adapter().validation_error("enter_current_password")
        return typed


class SetForm(PlainPassword, allauth_forms.SetPasswordForm):
    pass


class NewByMailForm(PlainPassword, allauth_forms.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "New password"
