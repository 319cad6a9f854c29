"""A right that is taken away is gone with the next request, and the session with it."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import people
from accounts.models import Role, User
from tests.conftest import Cast

PROFILE = reverse("profile")


def changed(cast: Cast, who: str, **facts: object) -> Client:
    """A signed-in browser of somebody whom the operator then changes."""
    browser = Client()
    user = User.objects.get(pk=getattr(cast, who).pk)
    browser.force_login(user)
    assert browser.get(PROFILE).status_code == 200
    for name, value in facts.items():
        setattr(user, name, value)
    people.change(user=user, by=cast.operator, fields=list(facts))
    return browser


@pytest.mark.parametrize(
    ("who", "facts"),
    [
        ("doctor", {"role": Role.TECHNICIAN}),
        ("administrator", {"role": Role.DOCTOR}),
        ("operator", {"is_superuser": False}),
        ("technician", {"is_active": False}),
    ],
)
def test_whoever_gets_fewer_rights_signs_in_anew(cast: Cast, who: str, facts: dict[str, object]) -> None:
    assert "login" in changed(cast, who, **facts).get(PROFILE).headers["Location"]


def test_whoever_leaves_the_clinic_signs_in_anew(cast: Cast) -> None:
    assert "login" in changed(cast, "technician", clinic=cast.clinic_b).get(PROFILE).headers["Location"]


def test_a_promotion_or_another_name_interrupts_nobody(cast: Cast) -> None:
    assert changed(cast, "technician", role=Role.ADMINISTRATOR).get(PROFILE).status_code == 200
    assert changed(cast, "doctor", first_name="Dora").get(PROFILE).status_code == 200
