"""Django admin shows an administrator only the rows of their own clinic."""

from django.test import Client
from django.urls import reverse

from accounts import audit, tokens
from accounts.models import Approval, AuditEvent, User
from tests.accounts.person_page import PEOPLE, as_on_page, page_of
from tests.conftest import Cast


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
