"""Recovery codes: shown once, each good once, made anew."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from tests.accounts.second_factor.steps import code_of, give, is_in, to_the_code, with_app
from tests.accounts.sign_in.attempts import events
from tests.conftest import Cast

COMMITS = pytest.mark.django_db(transaction=True)  # what is done once a change is stored is done

VIEW = reverse("mfa_view_recovery_codes")
MAKE = reverse("mfa_generate_recovery_codes")
DOWNLOAD = reverse("mfa_download_recovery_codes")


def test_each_lets_its_owner_in_once(cast: Cast, password: str) -> None:
    _, secret, codes = with_app(cast.doctor, password)
    assert len(set(codes)) == 10
    browser = to_the_code(cast.doctor, password)
    assert give(browser, codes[3]).status_code == 302
    assert is_in(browser)
    assert "This code is wrong" in give(to_the_code(cast.doctor, password), codes[3]).content.decode()
    assert give(to_the_code(cast.doctor, password), codes[4]).status_code == 302
    assert give(to_the_code(cast.doctor, password), code_of(secret)).status_code == 302
    assert [event.facts["kind"] for event in events("user.factor_used")] == [
        "recovery_codes",
        "recovery_codes",
        "totp",
    ]


def test_one_persons_codes_let_nobody_else_in(cast: Cast, password: str) -> None:
    _, _, codes = with_app(cast.doctor, password)
    with_app(cast.technician, password)
    assert give(to_the_code(cast.technician, password), codes[0]).status_code == 200


def test_they_are_shown_once(cast: Cast, password: str) -> None:
    browser, _, codes = with_app(cast.doctor, password)
    page = browser.get(VIEW).content.decode()
    assert "10 of 10 are left" in page
    assert not any(code in page for code in codes)
    assert browser.get(DOWNLOAD).status_code == 403


@COMMITS
def test_new_ones_replace_the_old_ones(cast: Cast, password: str) -> None:
    browser, _, old = with_app(cast.doctor, password)
    assert "The 10 codes that are left stop working" in browser.get(MAKE).content.decode()
    answer = browser.post(MAKE, follow=True)
    new = re.findall(r"<li>(\d{8})</li>", answer.content.decode())
    assert len(new) == 10
    assert not set(new) & set(old)
    assert give(to_the_code(cast.doctor, password), old[0]).status_code == 200
    assert give(to_the_code(cast.doctor, password), new[0]).status_code == 302
    assert len(events("user.recovery_codes_renewed")) == 1


def test_they_are_sealed_in_the_database(cast: Cast, password: str) -> None:
    _, _, codes = with_app(cast.doctor, password)
    kept = str(Authenticator.objects.get(type="recovery_codes").data)
    assert not any(code in kept for code in codes)
    assert re.search(r"[0-9a-f]{80}", kept) is None, "neither is the seed that they are made of"
