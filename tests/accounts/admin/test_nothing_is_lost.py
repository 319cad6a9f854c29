"""Nothing is deleted in Django admin, and nobody writes into the audit trail there."""

from django.test import Client
from django.urls import reverse

from accounts import audit, tokens
from accounts.models import ApiToken, AuditEvent, User
from tests.conftest import Cast


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
