"""From the registration form to the worklist: confirm the address, wait, be approved."""

from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import approval
from accounts.models import Approval, AuditEvent, Role, User
from tests.accounts.registration.form import NEW, link_in, registration
from tests.conftest import Cast


def test_a_doctor_registers_confirms_waits_and_is_let_in(
    client: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    answer = client.post(reverse("account_signup"), registration(cast.clinic_a, email="New.Doctor@A.example"))
    assert answer.headers["Location"] == reverse("account_email_verification_sent")
    user = User.objects.get(email=NEW)
    assert (user.approval, user.role, user.clinic, user.is_staff) == (
        Approval.WAITING, Role.DOCTOR, cast.clinic_a, False,
    )  # fmt: skip
    assert (user.first_name, user.licence_number, user.speciality) == ("Nora", "A-77", "Radiology")

    confirm = link_in(mail.outbox[0].body)
    assert "Nora" not in mail.outbox[0].body, "a stranger could send words of their own through us"
    assert NEW in client.get(confirm).content.decode()
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(confirm, follow=True)
    assert "Waiting for approval" in answer.content.decode()
    told = [message.to for message in mail.outbox if "is waiting for your approval" in message.subject]
    assert told == [[cast.administrator.email]], "the clinic's administrator, and no other clinic's"
    assert client.get(reverse("worklist")).headers["Location"] == reverse("approval_waiting")

    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        approval.approve(user=user, by=cast.administrator)
    assert mail.outbox[0].to == [NEW]
    assert client.get(reverse("approval_waiting")).headers["Location"] == reverse("worklist")
    assert client.get(reverse("worklist")).status_code == 200
    events = AuditEvent.objects.filter(subject=f"user:{user.public_id}").values_list("action", flat=True)
    assert set(events) == {
        "user.registered", "user.email_confirmed", "user.signed_in", "user.approved",
    }  # fmt: skip


def test_confirming_in_another_browser_asks_to_sign_in(client: Client, cast: Cast) -> None:
    client.post(reverse("account_signup"), registration(cast.clinic_a))
    confirm = link_in(mail.outbox[0].body)
    elsewhere = Client()
    answer = elsewhere.post(confirm)
    assert answer.headers["Location"] == reverse("account_login")
    assert "already been used" in elsewhere.get(confirm).content.decode()
    answer = elsewhere.post(
        reverse("account_login"), {"login": NEW, "password": "a long enough secret"}, follow=True
    )
    assert "Waiting for approval" in answer.content.decode()


def test_nobody_signs_in_before_the_address_is_confirmed(client: Client, cast: Cast) -> None:
    client.post(reverse("account_signup"), registration(cast.clinic_a))
    answer = Client().post(reverse("account_login"), {"login": NEW, "password": "a long enough secret"})
    assert answer.headers["Location"] == reverse("account_email_verification_sent")
