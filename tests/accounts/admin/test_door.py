"""Django admin stands behind the portal's own sign-in."""

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.person_page import PEOPLE
from tests.conftest import Cast


class TestTheDoor:
    def test_nobody_is_sent_to_the_portals_own_sign_in_and_comes_back(
        self, client: Client, cast: Cast
    ) -> None:
        for address in ("/admin/", PEOPLE, "/admin/login/"):
            assert (
                client.get(address).headers["Location"].startswith(reverse("account_login") + "?next=/admin/")
            )

    def test_who_has_no_business_there_is_turned_away(self, client: Client, cast: Cast) -> None:
        for user in (cast.doctor, cast.technician):
            client.force_login(user)
            assert client.get("/admin/").status_code == 403
            assert client.get("/admin/login/").status_code == 403
        client.force_login(cast.waiting_doctor)
        assert client.get("/admin/").headers["Location"] == reverse("approval_waiting")

    def test_staff_alone_opens_nothing(self, client: Client, cast: Cast) -> None:
        User.objects.filter(pk=cast.doctor.pk).update(is_staff=True)
        client.force_login(User.objects.get(pk=cast.doctor.pk))
        assert client.get("/admin/").status_code == 403

    def test_signing_out_and_passwords_are_the_portals_own(self, administrator: Client) -> None:
        assert administrator.get("/admin/password_change/").headers["Location"] == reverse(
            "account_change_password"
        )
        administrator.post("/admin/logout/")
        assert reverse("account_login") in administrator.get("/admin/").headers["Location"]

    def test_groups_and_loose_addresses_have_no_page(self) -> None:
        registered = {model._meta.label for model in admin.site._registry}
        assert registered == {
            "accounts.User", "accounts.Clinic", "accounts.ApiToken", "accounts.AuditEvent",
            "diagnosis.Patient", "diagnosis.Study", "diagnosis.Scan", "diagnosis.Prediction",
            "diagnosis.Review", "diagnosis.ModelVersion", "diagnosis.Archive", "diagnosis.HeldFilm",
            "diagnosis.DicomSender", "diagnosis.OperatingPoint", "diagnosis.CheckEntry",
            "diagnosis.FirstRead", "diagnosis.SecondReading", "diagnosis.PatientOutcome", "diagnosis.Phrase",
        }  # fmt: skip
