"""Django admin of the record: to look at, one's own clinic's, and every look on record."""

from collections import Counter

from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from tests.diagnosis.admin.record import RECORD, World, address


def test_an_administrator_sees_the_rows_of_their_clinic_alone(administrator: Client, world: World) -> None:
    for model in RECORD:
        listed = administrator.get(address(model, "changelist")).content.decode()
        ours, theirs = world.ours[model], world.theirs[model]
        assert address(model, "change", ours.pk) in listed
        assert address(model, "change", theirs.pk) not in listed
        assert administrator.get(address(model, "change", ours.pk)).status_code == 200
        for page in ("change", "history", "delete"):
            answer = administrator.get(address(model, page, theirs.pk))
            assert answer.status_code in (403, 404) or answer.headers["Location"] == reverse("admin:index")


def test_nothing_of_the_record_is_added_changed_or_deleted_here(administrator: Client, world: World) -> None:
    for model in RECORD:
        key = world.ours[model].pk
        before = {
            field.attname: getattr(world.ours[model], field.attname)
            for field in world.ours[model]._meta.fields
        }
        assert administrator.get(address(model, "add")).status_code == 403
        assert (
            administrator.post(
                address(model, "change", key), {"number": "X", "finding": "covid19"}
            ).status_code
            == 403
        )
        assert administrator.post(address(model, "delete", key), {"post": "yes"}).status_code == 403
        administrator.post(
            address(model, "changelist"),
            {"action": "delete_selected", "_selected_action": [key], "post": "yes"},
        )
        stored = type(world.ours[model])._default_manager.get(pk=key)
        assert {name: getattr(stored, name) for name in before} == before


def test_every_look_at_a_row_about_a_patient_is_on_record(administrator: Client, world: World) -> None:
    looks: Counter[str] = Counter()
    for model in RECORD:
        administrator.get(address(model, "change", world.ours[model].pk))
        action = "patient.viewed" if model == "patient" else "study.viewed"
        looks[action] += 1
        event = AuditEvent.objects.filter(action=action).last()
        assert event is not None
        assert event.actor == world.cast.administrator.email
        administrator.get(address(model, "change", world.theirs[model].pk))
        assert AuditEvent.objects.filter(action=action).count() == looks[action], model


def test_an_operator_without_a_clinic_sees_no_patients(operator: Client, world: World) -> None:
    for model in RECORD:
        assert operator.get(address(model, "changelist")).status_code == 403
        answer = operator.get(address(model, "change", world.ours[model].pk))
        assert answer.status_code == 403 or answer.headers["Location"] == reverse("admin:index")
        assert "patient" not in operator.get(reverse("admin:index")).content.decode().lower()
