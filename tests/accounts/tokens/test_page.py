"""The page of a clinic's tokens: made, shown once, revoked."""

import hashlib
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts import tokens
from accounts.models import ApiToken, AuditEvent
from tests.conftest import Cast

LIST = reverse("token_list")


def test_a_new_token_is_shown_once_and_only_its_hash_is_kept(administrator: Client, cast: Cast) -> None:
    answer = administrator.post(LIST, {"name": "X-ray room 2", "scopes": ["send", "read"]})
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r"carina_[A-Za-z0-9]{40}", answer.content.decode())
    assert found is not None
    plain = found[0]
    token = ApiToken.objects.get()
    assert (token.clinic, token.created_by, token.prefix) == (cast.clinic_a, cast.administrator, plain[:12])
    assert token.token_hash == hashlib.sha256(plain.encode()).hexdigest()
    assert tokens.find(plain) == token
    later = administrator.get(LIST).content.decode()
    assert plain not in later
    assert token.prefix in later
    event = AuditEvent.objects.get(action="token.created")
    assert (event.actor, event.subject) == (cast.administrator.email, f"token:{token.public_id}")
    assert plain not in str(event.facts)


def test_a_revoked_token_opens_nothing_and_stays_in_the_list(administrator: Client, cast: Cast) -> None:
    token, plain = tokens.create(clinic=cast.clinic_a, name="sold", by=cast.administrator)
    administrator.post(reverse("token_revoke", args=[token.public_id]))
    assert tokens.find(plain) is None
    assert "Revoked" in administrator.get(LIST).content.decode()
    administrator.post(reverse("token_revoke", args=[token.public_id]))
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_the_other_clinics_tokens_do_not_exist(administrator: Client, cast: Cast) -> None:
    token, plain = tokens.create(clinic=cast.clinic_b, name="theirs", by=cast.other_administrator)
    assert "theirs" not in administrator.get(LIST).content.decode()
    assert administrator.post(reverse("token_revoke", args=[token.public_id])).status_code == 404
    assert tokens.find(plain) is not None
    with pytest.raises(PermissionDenied):
        tokens.create(clinic=cast.clinic_b, name="mine", by=cast.administrator)
    for by in (cast.administrator, cast.operator, cast.stranger):
        with pytest.raises(PermissionDenied):
            tokens.revoke(token=token, by=by)


def test_only_the_administrator_has_the_page(client: Client, cast: Cast) -> None:
    for user in (cast.doctor, cast.technician, cast.operator):
        client.force_login(user)
        assert client.get(LIST).status_code == 403


def test_a_nameless_token_is_not_made(administrator: Client) -> None:
    assert "required" in administrator.post(LIST, {"name": " "}).content.decode()
    assert not ApiToken.objects.exists()
