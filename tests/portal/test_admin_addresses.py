"""The addresses of Django admin answer to what their page offers, and to nothing else."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Field, Model
from django.test import Client
from django.urls import reverse

from accounts import audit, tokens
from accounts.admin_rights import ByRole
from accounts.admin_site import CarinaAdminSite
from accounts.models import Clinic, Role, User
from tests.conftest import Cast, person
from tests.films import analysed_scan

MODELS = list(admin.site._registry)
NAMES = [model._meta.label for model in MODELS]
HUGE = "9" * 40
WORDS = "does not offer"
LOOKUPS = (
    "", "__exact", "__regex", "__iregex", "__startswith", "__contains", "__gt", "__range", "__in", "__isnull",
)  # fmt: skip


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture
def people(cast: Cast) -> list[Client]:
    """A clinic's administrator and an operator who belongs to the clinic: they see every list."""
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    audit.record(
        actor=cast.doctor, action="study.viewed", subject="thing:1", clinic=cast.clinic_a,
        study_id=scan.study.public_id,
    )  # fmt: skip
    User.objects.filter(pk=cast.operator.pk).update(clinic=cast.clinic_a)
    clients = [Client(), Client()]
    for client, user in zip(clients, (cast.administrator, cast.operator), strict=True):
        client.force_login(User.objects.get(pk=user.pk))
    return clients


def paths(model: type[Model], depth: int = 1) -> Iterator[str]:
    """Every field of the model, and of the rows that it points to or that point to it."""
    for field in model._meta.get_fields():
        yield field.name
        other = field.related_model
        if depth and isinstance(other, type):
            name = field.name if isinstance(field, Field) else getattr(field, "name", "")
            yield from (f"{name}__{path}" for path in paths(other, depth - 1))


def refused(client: Client, address: str, query: str) -> bool:
    answer = client.get(f"{address}?{query}")
    return answer.status_code == 400 and WORDS in answer.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_no_field_can_be_looked_up_but_by_a_filter_of_the_page(
    people: list[Client], model: type[Model]
) -> None:
    client = people[1]
    open_ = []
    for path in paths(model):
        for lookup in LOOKUPS if "__" not in path else ("__regex",):
            query = f"{path}{lookup}=a"
            if not refused(client, list_of(model), query):
                open_.append(query)
    assert not open_


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_what_the_page_offers_is_answered_and_narrows_it(people: list[Client], model: type[Model]) -> None:
    for client in people:
        page = client.get(list_of(model)).content.decode()
        links = {unescape(link) for link in re.findall(r'href="(\?[^"]*)"', page)}
        assert {"?all=", "?e=1", "?_facets=True"}.isdisjoint(links)
        for link in links:
            answer = client.get(list_of(model) + link)
            assert (answer.status_code, WORDS in answer.content.decode()) == (200, False), link


ODD = [
    "e=1", "_to_field=id", "_to_field=password", "_popup=1", "_facets=True", "_source_model=x", "all=1",
    "p=0", "p=-1", "p=x", "p=2", f"p={HUGE}", f"p={'9' * 5000}", "o=99", f"o={HUGE}", "o=..", "o=x",
    "q=%00", "q=a&q=b", f"q={'a' * 201}", "pk=1", "pk__in=1", f"id__in={HUGE}", "id__range=1", "x=1",
    "since=never", "since__regex=a",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD, ids=[odd[:20] for odd in ODD])
def test_an_odd_address_is_told_so_and_shows_nothing(people: list[Client], query: str, cast: Cast) -> None:
    wrong = [model for client in people for model in MODELS if not refused(client, list_of(model), query)]
    assert not wrong


@pytest.mark.parametrize("page", ["change", "history", "delete", "add"])
def test_pages_about_one_row_take_no_questions(people: list[Client], cast: Cast, page: str) -> None:
    operator = people[1]
    keys = [] if page == "add" else [cast.doctor.pk]
    address = reverse(f"admin:accounts_user_{page}", args=keys)
    for query in ("_to_field=email", "_popup=1", "is_superuser=1", "first_name=Eve", "x="):
        assert refused(operator, address, query)
    kept = operator.get(f"{address}?_changelist_filters=approval__exact%3Dwaiting")
    assert kept.status_code == (403 if page == "delete" else 200)


def test_a_form_cannot_ask_for_a_window_of_its_own(people: list[Client], cast: Cast) -> None:
    for name in ("_popup", "_to_field"):
        answer = people[1].post(reverse("admin:accounts_clinic_add"), {"name": "Clinic C", name: "1"})
        assert answer.status_code == 400
    assert not Clinic.objects.filter(name="Clinic C").exists()


@pytest.mark.parametrize("key", [HUGE, "9" * 5000, "x", "-1", "²"], ids=["huge", "longer", "x", "-1", "²"])
def test_a_chosen_row_that_cannot_be_is_no_error(people: list[Client], cast: Cast, key: str) -> None:
    data = {"action": "approve_selected", "_selected_action": [key]}
    answer = people[0].post(list_of(User), data)
    assert (answer.status_code, WORDS in answer.content.decode()) == (400, True)
    assert people[0].get(f"{list_of(User)}{HUGE}/change/").status_code == 404


def test_a_filter_of_the_page_narrows_it(people: list[Client], cast: Cast) -> None:
    person("waiting2@b.example", cast.clinic_b, Role.TECHNICIAN)
    found = people[0].get(f"{list_of(User)}?approval__exact=waiting").content.decode()
    assert cast.waiting_doctor.email in found
    assert cast.doctor.email not in found
    assert refused(people[0], list_of(User), f"clinic__id__exact={cast.clinic_b.pk}")
    other = people[1].get(f"{list_of(User)}?clinic__id__exact={cast.clinic_b.pk}").content.decode()
    assert cast.stranger.email in other
    assert cast.doctor.email not in other
    for odd in ("approval__exact=a,b", "approval__exact=", "role__exact=x", "role__isnull=1"):
        assert refused(people[0], list_of(User), odd), odd


def test_names_are_completed_nowhere(people: list[Client]) -> None:
    query = "app_label=diagnosis&model_name=study&field_name=patient&term="
    assert people[0].get(f"/admin/autocomplete/?{query}").status_code == 404


def test_every_page_of_admin_stands_on_the_same_rules() -> None:
    for model, pages in admin.site._registry.items():
        assert isinstance(pages, ByRole), model
        for rule in ("changelist_view", "changeform_view", "delete_view", "history_view", "get_changelist",
                     "get_changelist_instance", "lookup_allowed"):  # fmt: skip
            assert _is_ours(type(pages), rule), f"{model} answers {rule} by rules of its own"


def _is_ours(pages: type, rule: str) -> bool:
    """Whether the class leaves the rule to ByRole, or asks it too."""
    owner = next(cls for cls in pages.__mro__ if rule in cls.__dict__)
    return owner is ByRole or "super" in getattr(owner.__dict__[rule], "__code__").co_names  # noqa: B009


def test_a_class_that_escapes_them_gets_no_page(settings: Any) -> None:
    class Loose(admin.ModelAdmin):
        pass

    site = CarinaAdminSite(name="another")
    with pytest.raises(ImproperlyConfigured, match="ByRole"):
        site.register(User, Loose)
    with pytest.raises(ImproperlyConfigured, match="ByRole"):
        site.register([Clinic])
    site.register(Group, Loose)
    assert not site._registry
