"""Django admin of the record: to look at, one's own clinic's, and every look on record."""

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
    for model in RECORD:
        for page in ("change", "history"):
            for method in ("get", "options", "put", "patch", "delete"):
                administrator.cookies.clear()  # a new sitting
                administrator.force_login(world.cast.administrator)
                before = set(AuditEvent.objects.values_list("pk", flat=True))
                for _ in range(2):
                    getattr(administrator, method)(address(model, page, world.ours[model].pk))
                    getattr(administrator, method)(address(model, page, world.theirs[model].pk))
                events = AuditEvent.objects.exclude(pk__in=before).filter(action__endswith=".viewed")
                about = "patient" if model == "patient" else "study"
                subject = f"{about}:{world.ours[about].public_id}"
                found = [(event.actor, event.action, event.subject) for event in events]
                assert found == [(world.cast.administrator.email, f"{about}.viewed", subject)], (model, page)


def test_lists_that_name_patients_are_on_record_once(administrator: Client, world: World) -> None:
    for model in ("patient", "study"):
        for query in ("", "?q=OURS", "?q=nobody", ""):
            administrator.get(address(model, "changelist") + query)
    events = AuditEvent.objects.filter(action="list.viewed").order_by("sequence")
    shown = [event.facts["shown"] for event in events]
    assert shown == [[f"{model}:{world.ours[model].public_id}"] for model in ("patient", "study")]
    assert "OURS" not in str(list(events.values()))


def test_an_operator_without_a_clinic_sees_no_patients(operator: Client, world: World) -> None:
    for model in RECORD:
        assert operator.get(address(model, "changelist")).status_code == 403
        answer = operator.get(address(model, "change", world.ours[model].pk))
        assert answer.status_code == 403 or answer.headers["Location"] == reverse("admin:index")
        assert "patient" not in operator.get(reverse("admin:index")).content.decode().lower()
