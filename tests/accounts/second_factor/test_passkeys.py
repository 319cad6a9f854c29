"""Passkeys: what no browser sent is a wrong code, never an error; tests/e2e has a real one."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from tests.accounts.second_factor.steps import AUTHENTICATE, is_in, to_the_code, with_app
from tests.accounts.sign_in.attempts import sign_in
from tests.conftest import Cast

ADD = reverse("mfa_add_webauthn")
CONFIRM = reverse("mfa_reauthenticate_webauthn")
ID = "AAAAAAAAAAAAAAAAAAAAAA"


def answer_with(**response: str) -> dict[str, Any]:
    return {"id": ID, "rawId": ID, "type": "public-key", "response": response}


MADE_UP: list[Any] = [
    {},
    [],
    "x",
    1,
    None,
    True,
    {"id": 1},
    answer_with(),
    answer_with(clientDataJSON="!", attestationObject=""),
    answer_with(clientDataJSON="e30", attestationObject="oA", authenticatorData="AA", signature="AA"),
    answer_with(
        clientDataJSON="eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoieCIsIm9yaWdpbiI6IngifQ",
        attestationObject="o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUEA",
        authenticatorData="A" * 60,
        signature="AA",
    ),
]
SENT = [*(json.dumps(credential) for credential in MADE_UP), "", "no json", "[" * 9999]


@pytest.mark.parametrize("sent", SENT, ids=range(len(SENT)))
def test_what_no_browser_made_is_a_wrong_code(cast: Cast, password: str, sent: str) -> None:
    browser, _, _ = with_app(cast.doctor, password)
    assert browser.post(ADD, {"name": "Phone", "credential": sent}).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()
    assert browser.post(CONFIRM, {"credential": sent}).status_code == 302, "asked again, another way"
    fresh = to_the_code(cast.doctor, password)
    answer = fresh.post(AUTHENTICATE, {"credential": sent})
    assert "This passkey was not accepted" in answer.content.decode()
    assert not is_in(fresh)


def test_a_name_has_its_limit(client: Client, cast: Cast, password: str) -> None:
    sign_in(client, cast.doctor, password)
    answer = client.post(ADD, {"name": "x" * 101, "credential": "{}"})
    assert "at most 100 characters" in answer.content.decode()


def test_another_persons_passkey_is_not_there(client: Client, cast: Cast, password: str) -> None:
    theirs = Authenticator.objects.create(user=cast.colleague, type="webauthn", data={"name": "Theirs"})
    sign_in(client, cast.doctor, password)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        address = reverse(name, args=[theirs.pk])
        assert client.get(address).status_code == 404
        assert client.post(address, {"name": "Mine"}).status_code == 404
    assert "Theirs" not in client.get(reverse("mfa_list_webauthn")).content.decode()
