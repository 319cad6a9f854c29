"""One e-mail address is one person."""

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.conftest import Cast


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
