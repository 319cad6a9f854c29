"""What the registration form takes, and what it answers where it does not."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from tests.accounts.registration.form import NEW, registration
from tests.conftest import Cast


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"licence_number": ""}, "needs a licence number"),
        ({"speciality": " "}, "needs a speciality"),
        ({"role": Role.ADMINISTRATOR.value}, "Select a valid choice"),
        ({"clinic": ""}, "This field is required"),
        ({"clinic": "999999"}, "Select a valid choice"),
        ({"password2": "something else 1"}, "same password"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"email": "no address"}, "valid email"),
        ({"first_name": "x" * 151}, "at most 150"),
        ({"first_name": "N\x00ra"}, "control character"),
    ],
)
def test_a_form_with_a_mistake_says_so_and_makes_no_account(
    client: Client, cast: Cast, changes: dict[str, str], words: str
) -> None:
    answer = client.post(reverse("account_signup"), registration(cast.clinic_a, **changes))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not User.objects.filter(email=NEW).exists()


def test_a_technician_needs_no_licence_and_keeps_none(client: Client, cast: Cast) -> None:
    client.post(
        reverse("account_signup"),
        registration(cast.clinic_a, role=Role.TECHNICIAN.value, licence_number="", speciality=""),
    )
    assert User.objects.get(email=NEW).role == Role.TECHNICIAN


def test_an_address_with_an_account_gets_a_mail_and_the_same_answer(client: Client, cast: Cast) -> None:
    answer = client.post(reverse("account_signup"), registration(cast.clinic_a, email="Doctor@A.example"))
    assert answer.headers["Location"] == reverse("account_email_verification_sent")
    assert User.objects.filter(email__iexact="doctor@a.example").count() == 1
    assert "There is one already" in mail.outbox[0].body


def test_without_a_clinic_nobody_can_register(client: Client, db: None) -> None:
    assert "no clinic yet" in client.get(reverse("account_signup")).content.decode()


def test_a_mail_server_that_is_down_loses_no_account(client: Client, cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = client.post(reverse("account_signup"), registration(cast.clinic_a), follow=True)
    assert answer.status_code == 200
    assert "could not be sent" in answer.content.decode()
    assert User.objects.filter(email=NEW).exists()
