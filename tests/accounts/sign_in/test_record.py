"""Signing in, signing out and failing at it are on record."""

import json

from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from tests.accounts.sign_in.attempts import LOGIN, events, sign_in
from tests.conftest import Cast


def test_signing_in_and_out_is_on_record(client: Client, cast: Cast, password: str) -> None:
    sign_in(client, cast.doctor, password)
    client.post(reverse("account_logout"))
    assert reverse("account_login") in client.get(reverse("profile")).headers["Location"]
    for action in ("user.signed_in", "user.signed_out"):
        (event,) = events(action)
        assert (event.actor, event.subject) == (cast.doctor.email, f"user:{cast.doctor.public_id}")
        assert (event.clinic_id, event.facts["from"]) == (cast.clinic_a.pk, "127.0.0.1")


def test_a_failed_sign_in_is_on_record_without_what_was_typed(client: Client, cast: Cast) -> None:
    answer = sign_in(client, cast.doctor, "my-typed-secret")
    assert "password is wrong" in answer.content.decode()
    answer = client.post(LOGIN, {"login": "secret-typed-here@nobody.example", "password": "my-typed-secret"})
    assert "password is wrong" in answer.content.decode()
    known, unknown = events("user.sign_in_failed")
    assert (known.subject, known.actor) == (f"user:{cast.doctor.public_id}", "anonymous")
    assert (unknown.subject, unknown.clinic_id) == ("user:unknown", None)
    everything = json.dumps(list(AuditEvent.objects.values()), default=str)
    assert "my-typed-secret" not in everything
    assert "secret-typed-here" not in everything
