"""From the registration form to the worklist: confirm the address, wait, be approved."""

import re
import threading
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import mail
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.urls import reverse

from accounts import approval
from accounts.models import Approval, AuditEvent, Clinic, Role, User
from tests.conftest import Cast

NEW = "new.doctor@a.example"


def registration(of: Clinic, /, **changes: Any) -> dict[str, Any]:
    return {
        "first_name": "Nora",
        "last_name": "New",
        "email": NEW,
        "clinic": of.pk,
        "role": Role.DOCTOR.value,
        "licence_number": "A-77",
        "speciality": "Radiology",
        "password1": "a long enough secret",
        "password2": "a long enough secret",
        **changes,
    }


def link_in(text: str) -> str:
    found = re.search(r"http://testserver(/\S+)", text)
    assert found is not None, text
    return found[1]


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
        ({"first_name": "N\x00ra"}, "Null characters"),
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


@pytest.mark.django_db(transaction=True)
def test_two_registrations_at_once_make_one_account_and_two_friendly_answers() -> None:
    clinic = Clinic.objects.create(name="Clinic A")
    start, answers = threading.Barrier(2), []

    def register() -> None:
        try:
            start.wait()
            answers.append(Client().post(reverse("account_signup"), registration(clinic)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=register) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.headers.get("Location") for answer in answers] == [
        reverse("account_email_verification_sent")
    ] * 2
    assert User.objects.filter(email=NEW).count() == 1
    assert EmailAddress.objects.filter(email=NEW).count() == 1


def test_the_loser_of_that_race_is_answered_as_if_the_account_had_been_there(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other registration comes between the form's look and its write: the unique index decides."""
    monkeypatch.setattr(
        "allauth.account.forms.flows.manage_email.email_already_exists", lambda email: (email, False)
    )
    answer = client.post(reverse("account_signup"), registration(cast.clinic_a, email=cast.doctor.email))
    assert answer.headers["Location"] == reverse("account_email_verification_sent")
    assert User.objects.filter(email=cast.doctor.email).count() == 1


class TestOneAddressIsOnePerson:
    """The rules hold on every database, also on those that drop constraints with a condition."""

    def test_upper_and_lower_case_are_one_address(self, cast: Cast) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(email="DOCTOR@a.example")
        user = User(email=" Other@A.example ")
        user.save()
        assert user.email == "other@a.example"
        assert User.objects.get(email="OTHER@A.EXAMPLE") == user
        assert User.objects.create_user(" Third@A.example ").email == "third@a.example"

    def test_one_confirmed_row_for_an_address(self, cast: Cast) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            EmailAddress.objects.create(user=cast.colleague, email=cast.doctor.email, verified=True)
        unconfirmed = EmailAddress.objects.create(user=cast.colleague, email=cast.doctor.email)
        assert unconfirmed.set_verified() is False
        with pytest.raises(IntegrityError), transaction.atomic():
            EmailAddress.objects.filter(pk=unconfirmed.pk).update(verified=True)

    def test_one_primary_address_for_a_person(self, cast: Cast) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            EmailAddress.objects.create(user=cast.doctor, email="second@a.example", primary=True)
        second = EmailAddress.objects.create(user=cast.doctor, email="second@a.example")
        with pytest.raises(IntegrityError), transaction.atomic():
            EmailAddress.objects.filter(pk=second.pk).update(primary=True)
        EmailAddress.objects.create(user=cast.doctor, email="third@a.example")  # any number of others

    def test_the_database_itself_holds_the_rules(self, cast: Cast) -> None:
        table = "account_emailaddress"
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (user_id, email, verified, {connection.ops.quote_name('primary')})"
                " VALUES (%s, %s, %s, %s)",
                [cast.colleague.pk, cast.doctor.email, True, False],
            )

    def test_a_confirmation_that_comes_too_late_is_told_so(
        self, client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late = EmailAddress.objects.create(user=cast.colleague, email=cast.doctor.email)
        monkeypatch.setattr(EmailAddress, "can_set_verified", lambda self: True)  # as both see it in a race
        answer = client.post(
            reverse("account_confirm_email", args=[EmailConfirmationHMAC(late).key]), follow=True
        )
        assert "confirmed for another account" in answer.content.decode()
        assert not EmailAddress.objects.get(pk=late.pk).verified


def test_nobody_adds_or_swaps_addresses(client: Client, cast: Cast) -> None:
    client.force_login(cast.doctor)
    answer = client.post(reverse("account_email"), {"action_add": "", "email": "mine@evil.example"})
    assert answer.headers["Location"] == reverse("profile")
    assert cast.doctor.emailaddress_set.count() == 1
