"""A name that cannot be read is refused in words wherever one is typed, by the rule for patients' names."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, Clinic, User
from tests.accounts.person_page import as_on_page, page_of
from tests.accounts.registration.form import NEW, registration
from tests.conftest import Cast

UNREADABLE = {
    "M\ufffdller": "letters were lost",
    "Test\u202egnp": "direction",
    "\u200f\u3164": "no letter or digit that can be seen",
    "An\x1bna": "control character",
}
each_kind = pytest.mark.parametrize(("name", "words"), UNREADABLE.items())


@each_kind
@pytest.mark.parametrize("field", ["first_name", "last_name", "licence_number", "speciality"])
def test_nobody_registers_under_it(client: Client, cast: Cast, field: str, name: str, words: str) -> None:
    page = client.post(reverse("account_signup"), registration(cast.clinic_a, **{field: name}))
    assert words in page.content.decode()
    assert not User.objects.filter(email=NEW).exists()


@each_kind
def test_nobody_is_renamed_to_it(administrator: Client, cast: Cast, name: str, words: str) -> None:
    page = administrator.post(page_of(cast.doctor), as_on_page(cast.doctor, last_name=name))
    assert words in page.content.decode()
    administrator.force_login(cast.doctor)
    own = {"first_name": name, "last_name": "Test", "speciality": "Radiology"}
    assert words in administrator.post(reverse("profile"), own).content.decode()
    assert User.objects.get(pk=cast.doctor.pk).get_full_name() == "Doctor Test"


@each_kind
def test_no_clinic_and_no_computer_is_called_so(operator: Client, cast: Cast, name: str, words: str) -> None:
    page = operator.post(reverse("admin:accounts_clinic_add"), {"name": name})
    assert words in page.content.decode()
    operator.force_login(cast.administrator)
    assert words in operator.post(reverse("token_list"), {"name": name, "days": "30"}).content.decode()
    assert not Clinic.objects.filter(name=name).exists()
    assert not ApiToken.objects.exists()


def test_a_name_is_kept_composed_and_without_invisible_litter(client: Client, cast: Cast) -> None:
    typed = registration(cast.clinic_a, first_name=" Jose\u0301 \u200bLuis", last_name="O’Neill\ufeff")
    client.post(reverse("account_signup"), typed)
    assert User.objects.get(email=NEW).get_full_name() == "José Luis O’Neill"


@pytest.mark.parametrize("name", ["CLINIC a", "Clinic\u200f A", "Ｃlinic A", "Clinic  A"])
def test_no_second_clinic_reads_like_another(operator: Client, cast: Cast, name: str) -> None:
    Clinic.objects.filter(pk=cast.clinic_a.pk).update(name="Clinic A")
    page = operator.post(reverse("admin:accounts_clinic_add"), {"name": name})
    assert "A clinic of this name is here already" in page.content.decode()
    kept = {"name": "Clinic A", "time_zone": "Europe/Berlin"}
    operator.post(reverse("admin:accounts_clinic_change", args=[cast.clinic_a.pk]), kept)
    assert Clinic.objects.get(pk=cast.clinic_a.pk).time_zone == "Europe/Berlin"
