"""Addresses of Django admin that somebody typed or a program made up: an answer, never an error page."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts import audit
from tests.conftest import Cast
from tests.films import analysed_scan

LISTS = [
    f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry
]
HUGE = "9" * 40
AUDIT = "admin:accounts_auditevent_changelist"


@pytest.fixture
def administrator(client: Client, cast: Cast) -> Client:
    analysed_scan(cast.clinic_a, cast.doctor)
    audit.record(actor="test", action="test.happened", subject="thing:1", clinic=cast.clinic_a)
    client.force_login(cast.administrator)
    return client


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("query", [f"id__in={HUGE}", f"id__in={'9' * 5000}", "id__in=x", "e=1"])
def test_a_key_that_cannot_be_leads_back_to_the_list(administrator: Client, name: str, query: str) -> None:
    answer = administrator.get(f"{reverse(name)}?{query}", follow=True)
    assert answer.status_code == 200
    assert "Select" in answer.content.decode()


@pytest.mark.parametrize("year", ["0", "-1", HUGE, "x", "99999"])
@pytest.mark.parametrize("name", [AUDIT, "admin:diagnosis_study_changelist"])
def test_a_year_that_is_none_leads_back_to_the_list(administrator: Client, name: str, year: str) -> None:
    field = "at" if name == AUDIT else "taken_at"
    answer = administrator.get(f"{reverse(name)}?{field}__year={year}", follow=True)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query",
    [f"p={HUGE}", f"p={'9' * 5000}", f"o={HUGE}", "o=..", "all=x", "q=%00", "q=%ed%a0%80", "at__gte=x"],
)
def test_other_words_that_mean_nothing(administrator: Client, query: str) -> None:
    assert administrator.get(f"{reverse(AUDIT)}?{query}", follow=True).status_code == 200


@pytest.mark.parametrize("key", [HUGE, "9" * 5000, "x", "-1", "²"])
def test_a_chosen_row_that_cannot_be_is_no_error(administrator: Client, cast: Cast, key: str) -> None:
    address = reverse("admin:accounts_user_changelist")
    data = {"action": "approve_selected", "_selected_action": [key]}
    assert administrator.post(address, data, follow=True).status_code == 200
    assert administrator.get(f"{address}{HUGE}/change/", follow=True).status_code == 200


def test_a_good_question_is_still_answered(administrator: Client, cast: Cast) -> None:
    address = reverse("admin:accounts_user_changelist")
    found = administrator.get(f"{address}?id__in={cast.doctor.pk}").content.decode()
    assert cast.doctor.email in found
    assert cast.colleague.email not in found
