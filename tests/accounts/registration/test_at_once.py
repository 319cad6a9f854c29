"""Two registrations of one address at the same time make one account."""

import threading

import pytest
from allauth.account.models import EmailAddress
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts.models import Clinic, User
from tests.accounts.registration.form import NEW, registration
from tests.conftest import Cast


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
