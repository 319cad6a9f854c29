"""Of two who edit one person or clinic the second is told, and changes nothing but what they touched."""

import re

from django.test import Client
from django.urls import reverse

from accounts import people
from accounts.models import Clinic, User
from tests.accounts.person_page import as_on_page, page_of
from tests.conftest import Cast


def shown(page: str) -> dict[str, str]:
    """The hidden fields by which a page says what it showed."""
    return dict(re.findall(r'<input type="hidden" name="(initial-[^"]+)"(?: value="([^"]*)")?', page))


def renamed(user: User, by: User, **facts: str) -> None:
    fresh = User.objects.get(pk=user.pk)
    for name, value in facts.items():
        setattr(fresh, name, value)
    people.change(user=fresh, by=by, fields=facts)


def test_a_person_changed_meanwhile_comes_back(administrator: Client, cast: Cast) -> None:
    page = administrator.get(page_of(cast.doctor)).content.decode()
    assert shown(page)["initial-last_name"] == "Test"
    renamed(cast.doctor, cast.operator, last_name="Newer", speciality="Surgery")
    sent = as_on_page(cast.doctor, last_name="Older") | shown(page)
    answer = administrator.post(page_of(cast.doctor), sent)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "changed to “Newer” by operator@carina.example on" in text
    assert 'value="Older"' in text
    assert User.objects.get(pk=cast.doctor.pk).last_name == "Newer"
    administrator.post(page_of(cast.doctor), sent | shown(text))
    user = User.objects.get(pk=cast.doctor.pk)
    assert (user.last_name, user.speciality) == ("Older", "Surgery"), (
        "what nobody touched here stays as it is"
    )


def test_a_clinic_renamed_meanwhile_comes_back(operator: Client, cast: Cast) -> None:
    address = reverse("admin:accounts_clinic_change", args=[cast.clinic_a.pk])
    page = operator.get(address).content.decode()
    clinic = Clinic.objects.get(pk=cast.clinic_a.pk)
    clinic.name = "Newer"
    people.store_clinic(clinic=clinic, by=cast.operator, fields=["name"])
    answer = operator.post(address, {"name": "Older"} | shown(page))
    assert "changed to “Newer” by operator@carina.example on" in answer.content.decode()
    assert Clinic.objects.get(pk=cast.clinic_a.pk).name == "Newer"


def test_ones_own_profile_changed_meanwhile_comes_back(client: Client, cast: Cast) -> None:
    client.force_login(cast.doctor)
    page = client.get(reverse("profile")).content.decode()
    renamed(cast.doctor, cast.administrator, last_name="Newer", speciality="Surgery")
    sent = {"first_name": "Dora", "last_name": "Older", "speciality": "Radiology"} | shown(page)
    answer = client.post(reverse("profile"), sent)
    assert "changed to “Newer” by Administrator Test on" in answer.content.decode()
    client.post(reverse("profile"), sent | shown(answer.content.decode()))
    user = User.objects.get(pk=cast.doctor.pk)
    assert (user.first_name, user.last_name, user.speciality) == ("Dora", "Older", "Surgery")
