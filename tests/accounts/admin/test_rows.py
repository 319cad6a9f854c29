"""The rules of rows themselves, asked without the site in front, which turns most people away first."""

from typing import Any

from django.contrib import admin

from accounts.models import ApiToken, Approval, Clinic, Role, User
from tests.conftest import Cast, person

PAGES = [admin.site._registry[model] for model in (User, Clinic, ApiToken)]


def test_rows_are_shown_to_administrators_and_operators_alone(cast: Cast) -> None:
    gone = person("gone@a.example", cast.clinic_a, Role.ADMINISTRATOR, Approval.REFUSED, is_superuser=True)
    for pages in PAGES:
        rows = pages.model._default_manager.all()
        for user in (cast.doctor, cast.technician, cast.waiting_doctor, gone):
            assert not pages.visible_to(user, rows).exists()
        assert set(pages.visible_to(cast.operator, rows)) == set(rows)


def test_another_clinics_row_may_not_be_seen_or_changed(cast: Cast, rf: Any) -> None:
    request = rf.get("/")
    request.user = cast.administrator
    people, clinics = PAGES[0], PAGES[1]
    assert people.has_view_permission(request, cast.doctor)
    assert people.has_change_permission(request, cast.doctor)
    assert not people.has_view_permission(request, cast.stranger)
    assert not people.has_change_permission(request, cast.stranger)
    assert clinics.has_view_permission(request, cast.clinic_a)
    assert not clinics.has_view_permission(request, cast.clinic_b)
    assert not people.has_delete_permission(request, cast.doctor)
