"""Forms about people: registration, profile, tokens, and why somebody is refused."""

from typing import Any

from allauth.account.forms import SignupForm
from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts import audit
from accounts.models import ApiToken, Clinic, Role, User

OPEN_ROLES = [(role.value, role.label) for role in (Role.DOCTOR, Role.TECHNICIAN)]


def missing_for_doctors(facts: dict[str, Any]) -> dict[str, str]:
    """What a doctor must still say, by field; empty for everybody else."""
    if facts.get("role") != Role.DOCTOR:
        return {}
    asked = {
        "licence_number": "A doctor’s licence number is needed.",
        "speciality": "A doctor’s speciality is needed.",
    }
    return {name: message for name, message in asked.items() if not facts.get(name)}


class RegistrationForm(SignupForm):
    """Who asks for an account. Administrators are made by whoever operates the installation."""

    first_name = forms.CharField(max_length=150, widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = forms.CharField(max_length=150, widget=forms.TextInput({"autocomplete": "family-name"}))
    clinic = forms.ModelChoiceField(
        Clinic.objects.all(), empty_label="Choose …", help_text="Its administrator approves your account."
    )
    role = forms.ChoiceField(choices=OPEN_ROLES, widget=forms.RadioSelect, initial=Role.DOCTOR)
    licence_number = forms.CharField(
        max_length=64, required=False, help_text="Doctors only: the number of your licence to practise."
    )
    speciality = forms.CharField(
        max_length=128, required=False, help_text="Doctors only, such as radiology or family medicine."
    )
    field_order = [
        "first_name", "last_name", "email", "clinic", "role", "licence_number", "speciality",
        "password1", "password2",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.fields["password2"].label = "Password once more"
        for field in self.fields.values():  # the labels say it already
            field.widget.attrs.pop("placeholder", None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
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
                actor=user, action="user.registered", subject=subject, clinic=user.clinic_id, facts=facts
            )
        return user

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Register, or answer in the same words where the address has an account already."""
        try:
            return self._try_save(request)
        except IntegrityError:
            # Somebody else registered this address between our look and our write.
            if not User.objects.filter(email=self.cleaned_data["email"]).exists():
                raise
            self.account_already_exists = True
            return self._try_save(request)

    def _try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return saved


class ProfileForm(forms.ModelForm):
    """What people may correct about themselves; e-mail, role, clinic and licence stay as approved."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "speciality"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_name"].required = self.fields["last_name"].required = True
        if self.instance.role == Role.DOCTOR:
            self.fields["speciality"].required = True
        else:
            del self.fields["speciality"]


class TokenForm(forms.ModelForm):
    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": "Which computer or program will hold it?"}
        help_texts = {"name": "Such as “X-ray room 2”. One for each, so that one can be revoked alone."}


class RefusalForm(forms.Form):
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea({"rows": 4}),
        help_text="The person reads it in an e-mail and when signing in.",
    )
