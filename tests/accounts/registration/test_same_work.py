"""Whether an address has an account cannot be told by how much work the portal does."""

from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, User
from tests.accounts.registration.form import registration
from tests.accounts.sign_in.attempts import sign_in
from tests.conftest import Cast, person


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a password was hashed: by far the longest part of every one of these answers."""
    counted: Counter[str] = Counter()
    encode = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
        counted["hashes"] += 1
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    return counted


def work_of(counted: Counter[str], act: Any) -> dict[str, int]:
    counted.clear()
    mail.outbox.clear()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        act()
    writes = Counter(
        query["sql"].split('"' if connection.vendor == "sqlite" else "`")[1]
        for query in queries
        if query["sql"].startswith("INSERT")
    )
    tables = ("accounts_user", "account_emailaddress", "accounts_auditevent")
    return {"hashes": counted["hashes"], "mails": len(mail.outbox)} | {name: writes[name] for name in tables}


def test_registering_an_address_that_is_known_is_as_much_work(cast: Cast, work: Counter[str]) -> None:
    def register(email: str) -> Any:
        return lambda: Client().post(reverse("account_signup"), registration(cast.clinic_a, email=email))

    unknown = work_of(work, register("new.one@a.example"))
    people, events = User.objects.count(), AuditEvent.objects.count()
    known = work_of(work, register(cast.doctor.email))
    assert known == unknown
    assert unknown["hashes"] == unknown["mails"] == unknown["accounts_user"] == 1
    assert (User.objects.count(), AuditEvent.objects.count()) == (people, events), "and nothing of it stays"


def test_signing_in_is_as_much_work(cast: Cast, work: Counter[str]) -> None:
    invited = person("invited@a.example", cast.clinic_a, "technician")
    invited.set_unusable_password()
    invited.save()
    switched_off = person("off@a.example", cast.clinic_a, "technician", is_active=False)
    stranger = User(email="nobody@a.example")
    found = [
        work_of(work, lambda user=user: sign_in(Client(), user, "wrong"))["hashes"]
        for user in (cast.doctor, stranger, invited, switched_off)
    ]
    assert len(set(found)) == 1, found


def test_a_new_password_by_mail_is_as_much_work(cast: Cast, work: Counter[str]) -> None:
    def ask(email: str) -> Any:
        return lambda: Client().post(reverse("account_reset_password"), {"email": email})

    assert work_of(work, ask(cast.doctor.email)) == work_of(work, ask("nobody@a.example"))
