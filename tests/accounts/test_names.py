"""The record keeps addresses; pages show names."""

from accounts import tokens
from accounts.models import Role
from accounts.names import names_of
from tests.conftest import Cast, person


def test_people_computers_and_parts_of_the_portal_have_names(cast: Cast) -> None:
    token, _ = tokens.create(clinic=cast.clinic_a, name="X-ray room 2", by=cast.administrator)
    nameless = person("nameless@a.example", cast.clinic_a, Role.DOCTOR)
    nameless.first_name = nameless.last_name = ""
    nameless.save()
    actors = [cast.doctor.email, f"token:{token.prefix}", "worker", "demo", nameless.email, "gone@a.example"]
    assert names_of(actors) == {
        cast.doctor.email: cast.doctor.get_full_name(),
        f"token:{token.prefix}": "Computer “X-ray room 2”",
        "worker": "The analysis",
        "demo": "The demonstration",
        nameless.email: nameless.email,
        "gone@a.example": "gone@a.example",
    }
