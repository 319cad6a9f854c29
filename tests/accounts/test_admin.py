"""Django admin of people and clinics: behind the portal's sign-in, and only one's own clinic."""

from typing import Any

import pytest
from django.contrib import admin
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import audit, tokens
from accounts.models import ApiToken, Approval, AuditEvent, Clinic, Role, User
from tests.accounts.test_approval import PEOPLE, as_on_page, page_of
from tests.conftest import Cast


@pytest.fixture
def administrator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.administrator)
    return client


@pytest.fixture
def operator(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.operator)
    return client


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
            "diagnosis.Review", "diagnosis.ModelVersion",
        }  # fmt: skip


class TestOneClinic:
    """An administrator sees, finds and reaches only the rows of their own clinic."""

    def test_lists(self, administrator: Client, cast: Cast) -> None:
        tokens.create(clinic=cast.clinic_b, name="their machine", by=cast.other_administrator)
        people = administrator.get(PEOPLE).content.decode()
        assert cast.doctor.email in people
        assert "b.example" not in people
        assert cast.clinic_b.name not in people, "not even as a filter"
        found = administrator.get(PEOPLE, {"q": "b.example"}).content.decode()
        assert cast.stranger.email not in found
        clinics = administrator.get(reverse("admin:accounts_clinic_changelist")).content.decode()
        assert cast.clinic_a.name in clinics
        assert cast.clinic_b.name not in clinics
        assert (
            "their machine"
            not in administrator.get(reverse("admin:accounts_apitoken_changelist")).content.decode()
        )

    def test_pages_by_key(self, administrator: Client, cast: Cast) -> None:
        token, _ = tokens.create(clinic=cast.clinic_b, name="their machine", by=cast.other_administrator)
        event = AuditEvent.objects.get(action="token.created")
        for model, key in (
            ("user", cast.stranger.pk), ("clinic", cast.clinic_b.pk),
            ("apitoken", token.pk), ("auditevent", event.pk),
        ):  # fmt: skip
            for page in ("change", "history", "delete"):
                answer = administrator.get(reverse(f"admin:accounts_{model}_{page}", args=[key]))
                gone = answer.status_code in (403, 404)
                assert gone or answer.headers["Location"] == reverse("admin:index"), (model, page)

    def test_actions_with_foreign_keys_do_nothing(self, administrator: Client, cast: Cast) -> None:
        User.objects.filter(pk=cast.stranger.pk).update(approval=Approval.WAITING)
        for data in (
            {"action": "approve_selected"},
            {"action": "refuse_selected", "refuse": "1", "reason": "x"},
        ):
            administrator.post(PEOPLE, {**data, "_selected_action": [cast.stranger.pk]})
            assert User.objects.get(pk=cast.stranger.pk).approval == Approval.WAITING
        administrator.post(page_of(cast.stranger), as_on_page(cast.stranger, _approve="1"))
        assert User.objects.get(pk=cast.stranger.pk).approval == Approval.WAITING

    def test_audit_events(self, administrator: Client, operator: Client, cast: Cast) -> None:
        audit.record(actor="test", action="test.ours", subject="thing:1", clinic=cast.clinic_a)
        audit.record(actor="test", action="test.theirs", subject="thing:2", clinic=cast.clinic_b)
        audit.record(actor="test", action="test.nobodys", subject="thing:3")
        address = reverse("admin:accounts_auditevent_changelist")
        text = administrator.get(address).content.decode()
        assert "test.ours" in text
        assert "test.theirs" not in text
        assert "test.nobodys" not in text
        text = operator.get(address).content.decode()
        assert all(action in text for action in ("test.ours", "test.theirs", "test.nobodys"))


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


class TestTheOperator:
    def test_makes_a_clinic_and_its_administrator_who_chooses_a_password(
        self, operator: Client, cast: Cast, django_capture_on_commit_callbacks: Any
    ) -> None:
        operator.post(reverse("admin:accounts_clinic_add"), {"name": "Clinic C"})
        clinic = Clinic.objects.get(name="Clinic C")
        with django_capture_on_commit_callbacks(execute=True):
            operator.post(
                reverse("admin:accounts_user_add"),
                {
                    "email": "Head@C.example", "first_name": "Hed", "last_name": "Head",
                    "role": "administrator", "clinic": clinic.pk, "licence_number": "", "speciality": "",
                },
            )  # fmt: skip
        user = User.objects.get(email="head@c.example")
        assert user.is_approved
        assert not user.has_usable_password()
        assert reverse("account_reset_password") in mail.outbox[0].body
        assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"clinic.created", "user.invited"}

        mail.outbox.clear()
        person = Client()
        person.post(reverse("account_reset_password"), {"email": user.email})
        assert mail.outbox[0].to == [user.email]
        assert "Choose it here" in mail.outbox[0].body

    def test_changes_of_rights_are_on_record_with_both_values(self, operator: Client, cast: Cast) -> None:
        data = as_on_page(cast.doctor, clinic=cast.clinic_b.pk, role="administrator", is_superuser="on")
        operator.post(page_of(cast.doctor), data)
        facts = AuditEvent.objects.get(action="user.changed").facts
        assert facts["role"] == ["doctor", "administrator"]
        assert facts["clinic"] == ["Clinic A", "Clinic B"]
        assert facts["is_superuser"] == [False, True]

    def test_everybody_but_an_operator_needs_a_clinic(self, operator: Client, cast: Cast) -> None:
        answer = operator.post(page_of(cast.doctor), as_on_page(cast.doctor, clinic=""))
        assert "needs a clinic" in answer.content.decode()


def test_nothing_can_be_deleted(operator: Client, cast: Cast) -> None:
    token, _ = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    event = AuditEvent.objects.first()
    assert event is not None
    for model, key in (("user", cast.doctor.pk), ("clinic", cast.clinic_a.pk), ("apitoken", token.pk),
                       ("auditevent", event.pk)):  # fmt: skip
        answer = operator.post(reverse(f"admin:accounts_{model}_delete", args=[key]), {"post": "yes"})
        assert answer.status_code == 403, model
        operator.post(
            reverse(f"admin:accounts_{model}_changelist"),
            {"action": "delete_selected", "_selected_action": [key], "post": "yes"},
        )
    assert User.objects.filter(pk=cast.doctor.pk).exists()
    assert ApiToken.objects.filter(pk=token.pk).exists()
    assert AuditEvent.objects.filter(pk=event.pk).exists()


def test_the_audit_trail_cannot_be_written_in_admin(operator: Client, cast: Cast) -> None:
    event = audit.record(actor="test", action="test.done", subject="thing:1")
    address = reverse("admin:accounts_auditevent_change", args=[event.pk])
    assert operator.get(address).status_code == 200
    assert operator.post(address, {"action": "test.changed"}).status_code == 403
