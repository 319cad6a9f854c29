"""An authenticator app: set up, asked for, good once, limited, taken away again."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from tests.accounts.registration.form import link_in
from tests.accounts.second_factor.steps import (
    ACTIVATE,
    AUTHENTICATE,
    INDEX,
    code_of,
    give,
    is_in,
    to_the_code,
    with_app,
)
from tests.accounts.sign_in.attempts import events, sign_in
from tests.conftest import Cast

COMMITS = pytest.mark.django_db(transaction=True)  # what is done once a change is stored is done


def test_whoever_set_it_up_is_asked_for_its_digits(cast: Cast, password: str) -> None:
    _, secret, _ = with_app(cast.doctor, password)
    browser = to_the_code(cast.doctor, password)
    assert not is_in(browser)
    assert "This code is wrong" in give(browser, "000000").content.decode()
    assert not is_in(browser)
    assert give(browser, code_of(secret)).headers["Location"] == reverse("worklist")
    assert is_in(browser)


def test_a_code_is_good_once(cast: Cast, password: str) -> None:
    _, secret, _ = with_app(cast.doctor, password)
    code = code_of(secret)
    assert give(to_the_code(cast.doctor, password), code).status_code == 302
    for again in (code, f" {code[:3]} {code[3:]} "):
        assert "used already" in give(to_the_code(cast.doctor, password), again).content.decode()


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_half_a_minute_early_or_late(
    cast: Cast, password: str, steps: int, good: bool
) -> None:
    _, secret, _ = with_app(cast.doctor, password)
    answer = give(to_the_code(cast.doctor, password), code_of(secret, steps=steps))
    assert (answer.status_code == 302) is good


def test_one_persons_code_lets_nobody_else_in(cast: Cast, password: str) -> None:
    _, secret, _ = with_app(cast.doctor, password)
    with_app(cast.technician, password)
    assert give(to_the_code(cast.technician, password), code_of(secret)).status_code == 200


def test_codes_cannot_be_tried_one_after_another(cast: Cast, password: str) -> None:
    _, secret, _ = with_app(cast.doctor, password)
    browser = to_the_code(cast.doctor, password)
    for _ in range(5):
        give(browser, "000000")
    assert "Too many attempts" in give(browser, code_of(secret)).content.decode()
    assert not is_in(browser)


def test_a_wrong_code_sets_nothing_up(client: Client, cast: Cast, password: str) -> None:
    sign_in(client, cast.doctor, password)
    client.get(ACTIVATE)
    assert "This code is wrong" in client.post(ACTIVATE, {"code": "000000"}).content.decode()
    assert not Authenticator.objects.exists()


def test_the_picture_for_the_app_holds_the_portals_and_the_persons_name(
    client: Client, cast: Cast, password: str
) -> None:
    sign_in(client, cast.doctor, password)
    page = client.get(ACTIVATE)
    assert "issuer=Carina" in page.context["totp_url"]
    assert cast.doctor.email.replace("@", "%40") in page.context["totp_url"]
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()


def test_the_secret_is_sealed_in_the_database(cast: Cast, password: str, settings: Any) -> None:
    _, secret, _ = with_app(cast.doctor, password)
    kept = Authenticator.objects.get(type="totp")
    assert secret not in str(kept.data)
    settings.SECRET_KEY = "another"
    browser = to_the_code(cast.doctor, password)
    for code in (code_of(secret), "", code_of("A" * 32)):
        assert give(browser, code).status_code == 200, "nothing fits, and nothing breaks"


@COMMITS
def test_setting_it_up_ends_all_other_sessions(cast: Cast, password: str) -> None:
    """One of them may be a stranger's, who knew the password and came in without a factor."""
    other = Client()
    sign_in(other, cast.doctor, password)
    unlisted = Client()
    unlisted.force_login(cast.doctor)  # as a session from before sessions were listed
    own, _, _ = with_app(cast.doctor, password)
    assert is_in(own)
    assert not is_in(other)
    assert not is_in(unlisted)


@COMMITS
def test_it_can_be_taken_away_and_all_of_it_is_on_record_and_mailed(cast: Cast, password: str) -> None:
    browser, secret, codes = with_app(cast.doctor, password)
    give(to_the_code(cast.doctor, password), "000000")
    give(to_the_code(cast.doctor, password), code_of(secret))
    answer = browser.post(reverse("mfa_deactivate_totp"))
    assert answer.headers["Location"] == INDEX
    assert not Authenticator.objects.exists(), "its recovery codes went with it"
    assert sign_in(Client(), cast.doctor, password).headers["Location"] == reverse("worklist")
    for action in ("user.factor_added", "user.factor_used", "user.factor_failed", "user.factor_removed"):
        kinds = [event.facts["kind"] for event in events(action)]
        assert "totp" in kinds, action
        assert all(event.subject == f"user:{cast.doctor.public_id}" for event in events(action))
    everything = str([event.facts for action in ("user.factor_added",) for event in events(action)])
    assert secret not in everything
    assert codes[0] not in everything
    subjects = [message.subject for message in mail.outbox]
    for words in ("An authenticator app was set up", "An authenticator app was removed"):
        assert f"[Carina] {words}" in subjects


def test_nobody_reaches_the_code_without_the_password(client: Client, cast: Cast) -> None:
    assert client.get(AUTHENTICATE).headers["Location"].startswith(reverse("account_login"))
    client.force_login(cast.doctor)
    assert client.get(AUTHENTICATE).status_code == 302


def test_a_second_app_takes_the_place_of_none(cast: Cast, password: str) -> None:
    browser, _, _ = with_app(cast.doctor, password)
    assert browser.get(ACTIVATE).headers["Location"] == reverse("mfa_deactivate_totp")
    assert browser.post(ACTIVATE, {"code": "123456"}).headers["Location"] == reverse("mfa_deactivate_totp")
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_a_password_chosen_by_mail_does_not_go_past_it(client: Client, cast: Cast, password: str) -> None:
    _, secret, _ = with_app(cast.doctor, password)
    new = "another long secret"
    client.post(reverse("account_reset_password"), {"email": cast.doctor.email})
    form = client.get(link_in(mail.outbox[-1].body)).headers["Location"]
    client.post(form, {"password1": new, "password2": new})
    assert not is_in(client)
    assert sign_in(client, cast.doctor, new).headers["Location"] == AUTHENTICATE
    give(client, code_of(secret))
    assert is_in(client)


def test_one_app_and_one_set_of_codes_a_person_but_any_number_of_passkeys(cast: Cast) -> None:
    """The database itself holds the rule, on every database."""
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=cast.doctor, type=kind, data={})
        Authenticator.objects.create(user=cast.colleague, type=kind, data={})
        with pytest.raises(IntegrityError), transaction.atomic():
            Authenticator.objects.create(user=cast.doctor, type=kind, data={})
    for _ in range(2):
        Authenticator.objects.create(user=cast.doctor, type="webauthn", data={"name": "Key"})
