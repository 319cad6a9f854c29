"""What must not be done from a screen left open asks who one is, and goes on with what was typed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, Approval, Clinic, Role, User
from tests.accounts.person_page import PEOPLE, as_on_page, page_of
from tests.accounts.second_factor.steps import INDEX, code_of, with_app
from tests.conftest import Cast

ASKED = reverse("account_reauthenticate")
TOKENS = reverse("token_list")
RULES = reverse("clinic_rules")
STATE = "account_authentication_methods"


def left_open(client: Client) -> Client:
    """The browser an hour after its person confirmed who they are."""
    session = client.session
    session[STATE] = [{**record, "at": record["at"] - 3600} for record in session[STATE]]
    session.save()
    return client


def action(name: str, cast: Cast, **more: str) -> dict[str, Any]:
    return {"action": name, "_selected_action": [cast.waiting_doctor.pk], **more}


Send = Callable[[Client, Cast], Any]
CHANGES: dict[str, tuple[Send, Callable[[Cast], bool]]] = {
    "a token is made": (
        lambda client, cast: client.post(TOKENS, {"name": "X-ray room 2", "scopes": "read", "days": "30"}),
        lambda cast: ApiToken.objects.filter(name="X-ray room 2").exists(),
    ),
    "the clinic's rules": (
        lambda client, cast: client.post(RULES, {"second_factor_required": "on"}),
        lambda cast: Clinic.objects.get(pk=cast.clinic_a.pk).second_factor_required,
    ),
    "people are approved": (
        lambda client, cast: client.post(PEOPLE, action("approve_selected", cast)),
        lambda cast: User.objects.get(pk=cast.waiting_doctor.pk).approval == Approval.APPROVED,
    ),
    "people are approved in a filtered list": (
        lambda client, cast: client.post(
            f"{PEOPLE}?approval__exact=waiting", action("approve_selected", cast)
        ),
        lambda cast: User.objects.get(pk=cast.waiting_doctor.pk).approval == Approval.APPROVED,
    ),
    "somebody is approved in the portal": (
        lambda client, cast: client.post(reverse("person_approve", args=[cast.waiting_doctor.public_id])),
        lambda cast: User.objects.get(pk=cast.waiting_doctor.pk).approval == Approval.APPROVED,
    ),
    "somebody is refused in the portal": (
        lambda client, cast: client.post(
            reverse("person_refuse", args=[cast.waiting_doctor.public_id]), {"reason": "Nobody knows them."}
        ),
        lambda cast: User.objects.get(pk=cast.waiting_doctor.pk).approval_reason == "Nobody knows them.",
    ),
    "somebody is refused": (
        lambda client, cast: client.post(
            PEOPLE, action("refuse_selected", cast, refuse="1", reason="Nobody knows this person.")
        ),
        lambda cast: (
            User.objects.get(pk=cast.waiting_doctor.pk).approval_reason == "Nobody knows this person."
        ),
    ),
    "a role is changed": (
        lambda client, cast: client.post(
            page_of(cast.doctor), as_on_page(cast.doctor, role=Role.TECHNICIAN, is_active="on")
        ),
        lambda cast: User.objects.get(pk=cast.doctor.pk).role == Role.TECHNICIAN,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_waits_until_its_person_has_confirmed(
    administrator: Client, cast: Cast, password: str, name: str
) -> None:
    send, is_done = CHANGES[name]
    answer = send(left_open(administrator), cast)
    assert answer.headers["Location"].startswith(f"{ASKED}?next=")
    assert not is_done(cast)
    wrong = administrator.post(answer.headers["Location"], {"password": "wrong"})
    assert wrong.status_code == 200
    assert not is_done(cast)
    next_page = wrong.context["redirect_field_value"]
    done = administrator.post(ASKED, {"password": password, "next": next_page})
    assert done.status_code in (200, 302)
    assert is_done(cast), "what was typed went on, without typing it again"


@pytest.mark.parametrize("name", CHANGES)
def test_whoever_has_just_signed_in_is_not_asked(administrator: Client, cast: Cast, name: str) -> None:
    send, is_done = CHANGES[name]
    send(administrator, cast)
    assert is_done(cast)


def test_looking_asks_nobody(administrator: Client) -> None:
    left_open(administrator)
    for page in (TOKENS, RULES, PEOPLE, INDEX):
        assert administrator.get(page).status_code == 200, page


@pytest.mark.parametrize(
    "name", ["mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes", "mfa_deactivate_totp"]
)
def test_factors_are_not_touched_from_a_screen_left_open(cast: Cast, password: str, name: str) -> None:
    client, _, _ = with_app(cast.doctor, password)
    if name == "mfa_activate_totp":
        cast.doctor.authenticator_set.all().delete()
    for method in (client.get, client.post):
        left_open(client)
        assert method(reverse(name)).headers["Location"].startswith(ASKED), name


def test_a_code_confirms_as_well_and_what_was_typed_goes_on(cast: Cast, password: str) -> None:
    client, secret, _ = with_app(cast.administrator, password)
    answer = client.post(TOKENS, {"name": "first", "scopes": "send"})
    assert answer.status_code == 200
    left_open(client).post(TOKENS, {"name": "second", "scopes": "send", "days": "30"})
    other = reverse("mfa_reauthenticate")
    assert "Use a code instead" in client.get(f"{ASKED}?next={TOKENS}").content.decode()
    assert client.post(other, {"code": "000000", "next": TOKENS}).status_code == 200
    shown = client.post(other, {"code": code_of(secret), "next": TOKENS}).content.decode()
    assert ApiToken.objects.filter(name="second").exists()
    assert "copy it now" in shown


def test_a_page_that_comes_again_is_the_page_it_was(administrator: Client, cast: Cast, password: str) -> None:
    left_open(administrator).post(f"{PEOPLE}?approval__exact=waiting", action("refuse_selected", cast))
    asked = administrator.post(ASKED, {"password": password, "next": PEOPLE})
    assert "Give a reason" in asked.content.decode() or "Refuse" in asked.content.decode()
    assert asked.wsgi_request.resolver_match.view_name == "admin:accounts_user_changelist"


def test_somebody_else_in_the_same_browser_does_not_send_it(
    administrator: Client, cast: Cast, password: str
) -> None:
    left_open(administrator).post(TOKENS, {"name": "left behind"})
    administrator.post(reverse("account_logout"))
    administrator.force_login(cast.other_administrator)
    left_open(administrator)
    administrator.post(ASKED, {"password": password, "next": TOKENS})
    assert not ApiToken.objects.exists()


def test_our_own_script_is_told(administrator: Client) -> None:
    left_open(administrator)
    answer = administrator.post(TOKENS, {"name": "x"}, headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert "Confirm that it is you" in answer.json()["message"]
