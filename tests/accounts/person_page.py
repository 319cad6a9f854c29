"""The pages of people in Django admin: where they are, what they post, and what was decided there."""

from typing import Any

from django.urls import reverse

from accounts.models import User

PEOPLE = reverse("admin:accounts_user_changelist")


def page_of(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def as_on_page(user: User, **changes: Any) -> dict[str, Any]:
    """What the change page of a clinic administrator would post."""
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "role": user.role,
        "licence_number": user.licence_number or "A-9",
        "speciality": user.speciality or "Radiology",
        "is_active": "on",
        **changes,
    }


def approval_of(user: User) -> str:
    return User.objects.get(pk=user.pk).approval
