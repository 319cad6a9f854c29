"""What each role may do, in every state that an account can be in."""

import pytest

from accounts import permissions
from accounts.models import Approval, Clinic, Role, User
from tests.conftest import person

QUESTIONS = (
    permissions.may_see_records,
    permissions.may_submit,
    permissions.may_review,
    permissions.may_manage_clinic,
    permissions.may_use_admin,
    permissions.may_operate,
    permissions.may_edit_profile,
)
# One letter for each question: y(es) or n(o).
BY_ROLE = {
    Role.DOCTOR: "yyynnny",
    Role.TECHNICIAN: "yynnnny",
    Role.ADMINISTRATOR: "yynyyny",
}
OPERATOR_AS_WELL = {4, 5}  # an operator may use Django admin and operate, whatever else they are


def answers(user: object) -> str:
    return "".join("y" if may(user) else "n" for may in QUESTIONS)


def operating(letters: str) -> str:
    return "".join("y" if place in OPERATOR_AS_WELL else letter for place, letter in enumerate(letters))


@pytest.fixture
def clinic(db: None) -> Clinic:
    return Clinic.objects.create(name="Clinic A")


@pytest.mark.parametrize("role", Role)
def test_an_approved_person_of_a_clinic(clinic: Clinic, role: Role) -> None:
    assert answers(person("a@a.example", clinic, role)) == BY_ROLE[role]
    operator = person("o@a.example", clinic, role, is_superuser=True)
    assert answers(operator) == operating(BY_ROLE[role])


@pytest.mark.parametrize("role", Role)
def test_without_a_clinic_there_are_no_records(db: None, role: Role) -> None:
    assert answers(person("a@a.example", None, role)) == "nnnnnny"
    assert answers(person("o@a.example", None, role, is_superuser=True)) == operating("nnnnnny")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("superuser", [False, True])
@pytest.mark.parametrize(
    ("approval", "active"),
    [
        (Approval.WAITING, True),
        (Approval.REFUSED, True),
        (Approval.APPROVED, False),
        (Approval.REFUSED, False),
    ],
)
def test_whoever_is_not_approved_or_not_active_may_do_nothing(
    clinic: Clinic, role: Role, superuser: bool, approval: Approval, active: bool
) -> None:
    user = person("a@a.example", clinic, role, approval, is_superuser=superuser, is_active=active)
    assert answers(user) == "n" * len(QUESTIONS)


@pytest.mark.parametrize("stranger", [None, "doctor@a.example", User()])
def test_nobody_may_do_anything(stranger: object) -> None:
    assert answers(stranger) == "n" * len(QUESTIONS)
