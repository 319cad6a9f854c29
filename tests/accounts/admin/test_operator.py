"""What only the operator may do: clinics, their administrators, and rights."""

from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Clinic, User
from tests.accounts.person_page import as_on_page, page_of
from tests.conftest import Cast


class TestTheOperator:
    def test_makes_a_clinic_and_its_administrator_who_chooses_a_password(
        self, operator: Client, cast: Cast, django_capture_on_commit_callbacks: Any
    ) -> None:
        operator.post(reverse("admin:accounts_clinic_add"), {"name": "Clinic C"})
        clinic = Clinic.objects.get(name="Clinic C")
        with django_capture_on_commit_callbacks(execute=True):
            operator.post(
                reverse("admin:accounts_user_add"),
                {
                    "email": "Head@C.example", "first_name": "Hed", "last_name": "Head",
                    "role": "administrator", "clinic": clinic.pk, "licence_number": "", "speciality": "",
                },
            )  # fmt: skip
        user = User.objects.get(email="head@c.example")
        assert user.is_approved
        assert not user.has_usable_password()
        assert reverse("account_reset_password") in mail.outbox[0].body
        assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"clinic.created", "user.invited"}

        mail.outbox.clear()
        person = Client()
        person.post(reverse("account_reset_password"), {"email": user.email})
        assert mail.outbox[0].to == [user.email]
        assert "Choose it here" in mail.outbox[0].body

    def test_changes_of_rights_are_on_record_with_both_values(self, operator: Client, cast: Cast) -> None:
        data = as_on_page(cast.doctor, clinic=cast.clinic_b.pk, role="administrator", is_superuser="on")
        operator.post(page_of(cast.doctor), data)
        facts = AuditEvent.objects.get(action="user.changed").facts
        assert facts["role"] == ["doctor", "administrator"]
        assert facts["clinic"] == ["Clinic A", "Clinic B"]
        assert facts["is_superuser"] == [False, True]

    def test_everybody_but_an_operator_needs_a_clinic(self, operator: Client, cast: Cast) -> None:
        answer = operator.post(page_of(cast.doctor), as_on_page(cast.doctor, clinic=""))
        assert "needs a clinic" in answer.content.decode()
