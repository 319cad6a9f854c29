"""Rows from before the record covered rows are counted, not called forged; one more or less of them shows."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from accounts import audit, people
from accounts.models import AuditEvent, Clinic
from diagnosis import migrations
from diagnosis.models import Patient, Study
from diagnosis.services import patients, studies
from tests.conftest import Cast
from tests.diagnosis.management.verify_audit_trail.past_the_portal import compared, faults, rows_of
from tests.films import queued_scan


def upgraded() -> None:
    """What the migration does in an installation that has rows."""
    (path,) = Path(migrations.__file__).parent.glob("*_rows_before_seals.py")
    migration: Any = importlib.import_module(f"diagnosis.migrations.{path.stem}")
    migration.note_rows(apps, None)


@pytest.fixture
def old(cast: Cast) -> Study:
    study = queued_scan(cast.clinic_a, cast.technician).study
    upgraded()
    return study


def test_older_rows_are_counted_and_the_chain_is_whole(old: Study) -> None:
    found, comparison = compared()
    assert found == []
    assert comparison.older == comparison.rows == 9 + 2 + 3
    assert comparison.since == f"{AuditEvent.objects.get().at:%Y-%m-%d}"


def test_an_empty_installation_has_no_older_rows(db: None) -> None:
    upgraded()
    assert not AuditEvent.objects.exists()


def test_what_was_changed_since_is_covered(old: Study, cast: Cast) -> None:
    studies.update_study(study=old, actor=cast.doctor, symptoms="Fever")
    assert faults() == []
    rows_of(Study).update(symptoms="None")
    (message,) = faults()
    assert message.startswith(f"study {old.public_id}: its symptoms is not what event ")


def test_a_newer_row_that_no_event_tells_of_is_named(old: Study, cast: Cast) -> None:
    patients.find_or_create_patient(clinic=cast.clinic_a, number="P-2", actor=cast.doctor)
    assert faults() == []
    forged = Patient.objects.create(clinic=cast.clinic_a, number="P-3")
    assert faults() == [f"patient {forged.public_id}: no event tells of it; it was added past the portal"]


def test_an_added_row_that_takes_an_older_number_shows_in_the_count(old: Study, cast: Cast) -> None:
    rows_of(Clinic).create(name="No clinic", pk=-1)
    assert faults() == [
        "clinic: 2 rows were there before rows were covered, and 3 of that time now: "
        "some were added past the portal"
    ]


def test_an_older_row_that_was_deleted_shows_in_the_count(old: Study) -> None:
    old.scans.all()._raw_delete("default")
    assert faults() == [
        "scan: 1 rows were there before rows were covered, and 0 of that time now: "
        "some were removed past the portal"
    ]


def test_only_the_first_event_of_its_kind_counts(cast: Cast, db: None) -> None:
    """Somebody could append another one, to make what they add look old."""
    upgraded()
    people.store_clinic(clinic=Clinic(name="New"), by=cast.operator)
    forged = Patient.objects.create(clinic=cast.clinic_a, number="P-3")
    audit.record(
        actor="carina", action="record.seals_begin", subject="record:rows",
        facts={"last": {"patient": forged.pk}, "rows": {"patient": 1}},
    )  # fmt: skip
    assert faults() == [f"patient {forged.public_id}: no event tells of it; it was added past the portal"]
