"""Errors say in words what happened and what to do."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.conftest import Cast


@pytest.mark.parametrize("code", ["403_csrf", "404", "500", "503", "error"])
def test_each_error_page_stands_without_a_database_or_a_user(code: str) -> None:
    page = render_to_string(f"{code}.html")
    assert "To the worklist" in page


def test_what_is_not_yours_is_not_found_in_words(doctor: Client, cast: Cast) -> None:
    response = doctor.get("/studies/00000000-0000-4000-8000-000000000000/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_a_form_without_its_token_says_what_to_do(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/studies/new/", {})
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


def test_who_runs_the_portal_is_led_to_the_administration(signed_in: object, cast: Cast) -> None:
    response = signed_in(cast.operator).get("/studies/new/")
    assert response.status_code == 403
    assert 'href="/admin/"' in response.content.decode()
