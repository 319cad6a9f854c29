"""A row that was changed, deleted, added or moved by SQL is named, and nothing that the portal did is."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models

from accounts.audit import event_hash, verify
from accounts.audit.seals import audited, columns
from accounts.models import AuditEvent, AuditHead, Membership
from diagnosis.models import (
    CriticalResult,
    FirstRead,
    Inquiry,
    Patient,
    PatientOutcome,
    Prediction,
    ReadingAgreement,
    ReadingRules,
    Referral,
    Review,
    Scan,
    SecondReading,
    Study,
    Webhook,
)
from diagnosis.models.shadow import BlindRead, ShadowPrediction
from diagnosis.services import history, patients, studies
from tests.diagnosis.management.verify_audit_trail.conftest import AUDITED, Hospital
from tests.diagnosis.management.verify_audit_trail.past_the_portal import (
    another,
    compared,
    faults,
    rows_of,
    undone,
)

OF_READINGS = (
    FirstRead, SecondReading, PatientOutcome, ReadingRules, ReadingAgreement, Referral, Inquiry, Membership,
    CriticalResult, Webhook,
)  # fmt: skip


def test_what_the_portal_did_is_whole_and_all_of_it_is_covered(hospital: Hospital) -> None:
    found, comparison = compared()
    assert found == []
    assert comparison.rows == sum(model._base_manager.count() for model in AUDITED)
    assert comparison.older == 0


def test_every_field_of_every_covered_row_is_found_when_it_is_changed(hospital: Hospital) -> None:
    unnoticed, tried = [], 0
    for model in AUDITED:
        facts = audited(model)
        assert facts is not None
        for name in facts.fields:
            for row in model._base_manager.order_by("pk"):
                with undone():
                    rows_of(model).filter(pk=row.pk).update(**{name: another(row, name)})
                    tried += 1
                    (found, *more) = [*faults(), ""]
                    words = f"{facts.kind} {row.public_id}: its {name.replace('_', ' ')} is not what event "
                    if not found.startswith(words) or more != [""]:
                        unnoticed.append((model.__name__, name, found, more))
                if name not in ("study", "patient"):
                    break  # one row of each is enough, but for what moves
    assert unnoticed == []
    assert tried > 80


@pytest.mark.parametrize("model", [*AUDITED, *OF_READINGS, ShadowPrediction, BlindRead])
def test_each_field_is_covered_or_left_out_by_name(model: type[models.Model]) -> None:
    """A new field has to be put into one of the two; every service that writes it then seals it."""
    facts = audited(model)
    assert facts is not None
    names = [field.name for field in model._meta.concrete_fields]
    assert sorted(names) == sorted(["public_id", *columns(facts), *facts.left_out])


def test_a_deleted_row_is_named_with_the_event_that_stored_it(hospital: Hospital) -> None:
    for kind, _, row in _one_of_each():
        with undone():
            rows_of(type(row)).filter(pk=row.pk)._raw_delete("default")
            (found,) = faults()
        assert found.startswith(f"{kind} {row.public_id} is gone; event ")


def test_an_added_row_is_named(hospital: Hospital) -> None:
    for kind, model, row in _one_of_each():
        unique = [field.name for field in model._meta.concrete_fields if field.unique and field.name != "id"]
        with undone():
            _copy(row, unique)
            (found,) = faults()
        assert found.startswith(f"{kind} ")
        assert found.endswith("no event tells of it; it was added past the portal")


def _one_of_each() -> Iterator[tuple[str, type[models.Model], Any]]:
    for model in AUDITED:
        facts = audited(model)
        assert facts is not None
        yield facts.kind, model, model._base_manager.order_by("pk").last()


def _copy(row: models.Model, unique: list[str]) -> None:
    """Insert the row once more, as another one, wherever a unique key allows it."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    values |= {"id": 10**6, "public_id": uuid.uuid4()}
    values |= {name: f"x{values[name]}"[:60] for name in unique if name != "public_id"}
    values |= {"number": "P-x"} if "number" in values else {}
    values |= {"sha256": "0" * 64} if "sha256" in values else {}
    values |= {name: f"2.25.{10**6}" for name in ("instance_uid", "sop_instance_uid") if name in values}
    values |= {"version": "x", "active": None} if "active" in values else {}
    if isinstance(row, Prediction):
        values["scan_id"] = Scan.objects.filter(predictions=None).first().pk  # type: ignore[union-attr]
    models.QuerySet(type(row)).bulk_create([type(row)(**values)])


@pytest.mark.parametrize(
    ("model", "name"),
    [(Study, "patient_id"), (Scan, "study_id"), (Review, "prediction_id"), (Review, "scan_id")],
)
def test_two_rows_that_changed_places_are_both_named(
    hospital: Hospital, model: type[models.Model], name: str
) -> None:
    one, other = list(model._base_manager.order_by("pk")[:2])
    with undone():
        rows_of(model).filter(pk=one.pk).update(**{name: getattr(other, name)})
        rows_of(model).filter(pk=other.pk).update(**{name: getattr(one, name)})
        found = faults()
    assert sorted(message.split()[1].rstrip(":") for message in found) == sorted(
        [str(one.public_id), str(other.public_id)]  # type: ignore[attr-defined]
    )


def test_patients_whose_numbers_in_the_table_changed_places_are_named(hospital: Hospital) -> None:
    """Their studies follow the numbers: each would have the other's films."""
    one, other = Patient.objects.order_by("pk")[:2]
    with undone():
        for old, new in ((one.pk, 10**6), (other.pk, one.pk), (10**6, other.pk)):
            rows_of(Patient).filter(pk=old).update(id=new)
        assert [message.split(":")[1].split(" is not")[0] for message in faults()] == [" its number"] * 2


def test_an_honest_change_of_another_field_hides_nothing(hospital: Hospital) -> None:
    study, patient = hospital.scans[0].study, hospital.scans[3].study.patient
    rows_of(Study).filter(pk=study.pk).update(patient=patient)
    rows_of(Patient).filter(pk=patient.pk).update(last_name="Ghost")
    studies.update_study(study=study, actor=hospital.doctor, symptoms="Fever and cough")
    patients.update_patient(patient=patient, actor=hospital.doctor, sex="female")
    assert sorted(message.split(":")[1].split(" is not")[0] for message in faults()) == [
        " its last name",
        " its patient",
    ]


def test_a_seal_copied_into_a_made_up_event_does_not_fit(hospital: Hospital) -> None:
    """The patient's earlier name with the seal that it once had, in a well-formed event at the end."""
    patient = Patient.objects.get(number="P-11")
    first = AuditEvent.objects.get(action="patient.created", subject=f"patient:{patient.public_id}")
    rows_of(Patient).filter(pk=patient.pk).update(first_name="Ada")
    made_up = history.write(patient, "patient.updated", actor=hospital.doctor)
    made_up.seals = first.seals
    _rewrite_last(made_up)
    assert any("its first name is not what event" in message for message in faults())


def test_an_event_whose_seals_were_taken_away_is_named(hospital: Hospital) -> None:
    event = AuditEvent.objects.filter(action="patient.created").earliest("sequence")
    rows_of(AuditEvent).filter(pk=event.pk).update(seals=None)
    assert [fault.sequence for fault in verify()] == [event.sequence]


def _rewrite_last(event: AuditEvent) -> None:
    digest = event_hash(event)
    rows_of(AuditEvent).filter(pk=event.pk).update(seals=event.seals, hash=digest)
    AuditHead.objects.update(hash=digest)


def test_with_another_audit_key_the_rows_are_not_called_changed(hospital: Hospital, settings: Any) -> None:
    settings.AUDIT_KEY = "k" * 40
    found = faults()
    assert found
    assert all("which is missing" in message for message in found)


@pytest.mark.only_on("sqlite")  # it alone keeps any text where an id belongs
def test_a_value_that_cannot_be_read_is_named_and_the_rest_is_compared(hospital: Hospital) -> None:
    one, other = Prediction.objects.order_by("pk")
    rows_of(Prediction).filter(pk=other.pk).update(
        finding="normal" if other.finding != "normal" else "covid19"
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE diagnosis_prediction SET public_id = 'none' WHERE id = %s", [one.pk])
    unreadable, *others = faults()
    gone, changed = sorted(others, key=lambda message: "is gone" not in message)
    assert unreadable == f"prediction number {one.pk}: a value in it was changed and cannot be read"
    assert changed.startswith(f"prediction {other.public_id}: its finding is not what event ")
    assert gone.startswith(f"prediction {one.public_id} is gone; event ")
