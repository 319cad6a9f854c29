"""Forms about people: registration, profile, tokens and refusal."""

import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from allauth.account.forms import SignupForm
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit
from accounts.corrections import ShownForm
from accounts.models import ApiToken, Clinic, Role, Scope, User
from accounts.models.membership import that_count
from accounts.sign_in_forms import PlainPassword
from accounts.typed_text import SpeltField, TypedText

OPEN_ROLES = [(role.value, role.label) for role in (Role.DOCTOR, Role.TECHNICIAN)]


def missing_for_doctors(facts: dict[str, Any]) -> dict[str, str]:
    """Error messages for what a doctor still has to fill in, by field; empty for other roles."""
    if facts.get("role") != Role.DOCTOR:
        return {}
    asked = {
        "licence_number": "A doctor needs a licence number.",
        "speciality": "A doctor needs a speciality.",
    }
    return {name: message for name, message in asked.items() if not facts.get(name)}


class RegistrationForm(PlainPassword, SignupForm):
    """Registration as a doctor or technician; administrators are appointed by the operator."""

    first_name = SpeltField(max_length=150, widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = SpeltField(max_length=150, widget=forms.TextInput({"autocomplete": "family-name"}))
    clinic = forms.ModelChoiceField(
        Clinic.objects.all(), empty_label="Choose …", help_text="Its administrator approves your account."
    )
    role = forms.ChoiceField(choices=OPEN_ROLES, widget=forms.RadioSelect, initial=Role.DOCTOR)
    licence_number = SpeltField(
        max_length=64, required=False, help_text="Doctors only: the number of your licence to practise."
    )
    speciality = SpeltField(
        max_length=128, required=False, help_text="Doctors only, for example radiology or family medicine."
    )
    field_order = [
        "first_name", "last_name", "email", "clinic", "role", "licence_number", "speciality",
        "password1", "password2",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned: dict[str, Any] = self.cleaned_data
        for name, message in missing_for_doctors(cleaned).items():
            self.add_error(name, message)
        if cleaned.get("role") == Role.TECHNICIAN:
            cleaned.update(licence_number="", speciality="")
        return cleaned

    def save(self, request: HttpRequest) -> User:
        with transaction.atomic():
            user: User = super().save(request)
            facts = {"role": user.role}
            subject = f"user:{user.public_id}"
            audit.record(
                actor=user,
                action="user.registered",
                subject=subject,
                clinic=user.clinic_id,
                facts=facts,
                rows=[audit.Stored(user)],
            )
        return user

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Register, or give the same answer if the address already has an account."""
        try:
            return self._try_save(request)
        except IntegrityError:
            # Somebody else registered this address between our check and our write.
            if not User.objects.filter(email=self.cleaned_data["email"]).exists():
                raise
            self.account_already_exists = True
            return self._try_save(request)

    def _try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            self._work_as_much(request)
        saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return saved

    def _work_as_much(self, request: HttpRequest) -> None:
        """Register a made-up address and take it back: the time tells nobody that this one has an account."""
        typed = self.cleaned_data["email"]
        try:
            with transaction.atomic():
                self.account_already_exists = False
                self.cleaned_data["email"] = f"{secrets.token_hex(8)}@nobody.invalid"
                self.save(request)
                transaction.set_rollback(True)
        finally:
            self.account_already_exists, self.cleaned_data["email"] = True, typed


class ProfileForm(ShownForm):
    """What people may correct about themselves; e-mail, role, clinic and licence were approved and stay."""

    kind = "user"

    class Meta:
        model = User
        fields = ["first_name", "last_name", "speciality"]
        field_classes = dict.fromkeys(fields, SpeltField)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_name"].required = self.fields["last_name"].required = True
        if self.instance.role == Role.DOCTOR:
            self.fields["speciality"].required = True
        else:
            del self.fields["speciality"]


class TokenForm(forms.ModelForm):
    """A new token: who will hold it, what for, and for how long."""

    scopes = forms.TypedMultipleChoiceField(
        label="What may it do?",
        coerce=Scope,
        choices=Scope.choices,
        initial=[Scope.SEND, Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what the computer needs: at least one of these."},
        help_text="As little as it needs: what it may not do, nobody who steals its key can do.",
    )

    days = forms.TypedChoiceField(
        label="For how long?",
        coerce=int,
        choices=[(30, "30 days"), (365, "One year"), (3 * 365, "Three years"), (0, "Until it is revoked")],
        initial=365,
        required=False,
        empty_value=cast(Any, 365),  # the stubs know text alone
        help_text="The clinic’s administrators get an e-mail two weeks before it expires.",
    )

    def clean_scopes(self) -> list[Scope]:
        """The ticked scopes; whoever corrects a record has to see first what it says."""
        chosen: list[Scope] = self.cleaned_data["scopes"]
        if Scope.MANAGE in chosen and Scope.READ not in chosen:
            raise ValidationError("A computer that corrects studies has to read them first: tick that, too.")
        return chosen

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None

    class Meta:
        model = ApiToken
        fields = ["name"]
        field_classes = {"name": SpeltField}
        labels = {"name": "Which computer or program will hold it?"}
        help_texts = {
            "name": "For example “X-ray room 2”. One token each, so that you can revoke them one by one."
        }


class NextKeyForm(forms.Form):
    """How long the old key goes on when a token gets its next one."""

    overlap = forms.TypedChoiceField(
        label="The old key works for",
        coerce=int,
        choices=[(1, "one hour"), (24, "one day"), (7 * 24, "a week"), (30 * 24, "30 days")],
        initial=7 * 24,
    )


class AnotherClinicForm(forms.Form):
    """For which other clinic somebody wants to work, too, and as what."""

    clinic = forms.ModelChoiceField(
        Clinic.objects.all(),
        to_field_name="public_id",
        empty_label="Choose …",
        help_text="Its administrator is mailed and has to approve it.",
    )
    role = forms.ChoiceField(choices=OPEN_ROLES, widget=forms.RadioSelect, initial=Role.DOCTOR)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Clinic.objects.exclude(pk__in=that_count().filter(user=user).values("clinic"))
        if user.clinic is not None:
            others = others.exclude(pk=user.clinic.pk)
        self.fields["clinic"].queryset = others  # type: ignore[attr-defined]  # a choice of rows


class RefusalForm(forms.Form):
    reason = TypedText(
        max_length=1000,
        widget=forms.Textarea({"rows": 4}),
        help_text="The person sees it in an e-mail and when they sign in.",
    )
