"""A clinic that reads for clinic A, with its doctor, and the agreement between the two."""

from dataclasses import dataclass
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import Clinic, Role, User
from diagnosis.models import ReadingAgreement
from tests.conftest import Cast, person


@dataclass(frozen=True)
class Hub:
    clinic: Clinic
    doctor: User
    agreement: ReadingAgreement

    def end(self) -> None:
        """The agreement was over yesterday."""
        self.agreement.last_day = timezone.localdate() - timedelta(days=1)
        self.agreement.save()


def reading_clinic(cast: Cast, *, name: str = "District hospital", covers: str = "asked") -> Hub:
    clinic = Clinic.objects.create(name=name)
    doctor = person(f"{name.split()[0].lower()}@hub.example", clinic, Role.DOCTOR)
    agreement = ReadingAgreement.objects.create(
        clinic=cast.clinic_a,
        reading_clinic=clinic,
        covers=covers,
        first_day=timezone.localdate() - timedelta(days=9),
        state="agreed",
        asked_by=cast.administrator,
    )
    return Hub(clinic, doctor, agreement)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
