"""Nobody gives themselves rights in Django admin."""

from django.test import Client
from django.urls import reverse

from accounts.models import Approval, Role, User
from tests.accounts.person_page import as_on_page, page_of
from tests.conftest import Cast


class TestNobodyRaisesThemselves:
    def test_a_clinic_administrator_cannot_set_what_is_the_operators(
        self, administrator: Client, cast: Cast
    ) -> None:
        tried = as_on_page(
            cast.doctor, is_superuser="on", is_staff="on", clinic=cast.clinic_b.pk, password="x",
            email="taken@evil.example", approval="refused", session_epoch="7", first_name="Changed",
        )  # fmt: skip
        administrator.post(page_of(cast.doctor), tried)
        user = User.objects.get(pk=cast.doctor.pk)
        assert user.first_name == "Changed"
        assert (user.is_superuser, user.is_staff, user.clinic) == (False, False, cast.clinic_a)
        assert (user.email, user.approval, user.session_epoch) == (cast.doctor.email, Approval.APPROVED, 0)
        assert user.check_password("correct horse battery")

    def test_nor_make_administrators(self, administrator: Client, cast: Cast) -> None:
        answer = administrator.post(
            page_of(cast.doctor), as_on_page(cast.doctor, role=Role.ADMINISTRATOR.value)
        )
        assert answer.status_code == 200
        assert User.objects.get(pk=cast.doctor.pk).role == Role.DOCTOR

    def test_nor_change_themselves_or_their_equals(self, administrator: Client, cast: Cast) -> None:
        User.objects.filter(pk=cast.operator.pk).update(clinic=cast.clinic_a)
        for user in (cast.administrator, cast.operator):
            assert administrator.get(page_of(user)).status_code == 200, "to look at"
            assert administrator.post(page_of(user), as_on_page(user, first_name="X")).status_code == 403

    def test_nor_add_people_or_clinics(self, administrator: Client, cast: Cast) -> None:
        for model in ("user", "clinic", "apitoken", "auditevent"):
            assert administrator.get(reverse(f"admin:accounts_{model}_add")).status_code == 403
        address = reverse("admin:accounts_clinic_change", args=[cast.clinic_a.pk])
        assert administrator.post(address, {"name": "Mine"}).status_code == 403

    def test_an_operator_keeps_themselves_out_of_trouble(self, operator: Client, cast: Cast) -> None:
        assert operator.post(page_of(cast.operator), {"is_active": ""}).status_code == 403
