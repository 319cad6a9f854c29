"""The registration form as somebody new fills it in, and the link in the mail that follows."""

import re
from typing import Any

from accounts.models import Clinic, Role

NEW = "new.doctor@a.example"


def registration(of: Clinic, /, **changes: Any) -> dict[str, Any]:
    return {
        "first_name": "Nora",
        "last_name": "New",
        "email": NEW,
        "clinic": of.pk,
        "role": Role.DOCTOR.value,
        "licence_number": "A-77",
        "speciality": "Radiology",
        "password1": "a long enough secret",
        "password2": "a long enough secret",
        **changes,
    }


def link_in(text: str) -> str:
    found = re.search(r"http://testserver(/\S+)", text)
    assert found is not None, text
    return found[1]
