"""Patients on record whose numbers look alike stay two: nothing fails, is lost or merged, and they are listed."""

from collections.abc import Iterator
from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.db.migrations import RemoveConstraint
from django.db.migrations.loader import MigrationLoader

from diagnosis.models import TWIN, Patient, Study
from diagnosis.services import patients
from diagnosis.services.patients import PatientMismatch
from tests.conftest import Cast

RULE = RemoveConstraint("patient", "patient_number_key_unique")
fill = import_module("diagnosis.migrations.0007_fill_search_keys")


def a_row(cast: Cast, number: str, last_name: str = "") -> None:
    """A patient as an older version wrote them: without keys."""
    made = Patient(clinic=cast.clinic_a, number=number, last_name=last_name)
    Patient.objects.bulk_create([made])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE diagnosis_patient SET number_key='', number_look='', last_name_key='' WHERE id=%s", [made.pk]
        )


@pytest.fixture
def old_rows(transactional_db: None, cast: Cast) -> Iterator[None]:
    now = MigrationLoader(connection).project_state()
    before = now.clone()
    RULE.state_forwards("diagnosis", before)
    with connection.schema_editor() as editor:
        RULE.database_forwards("diagnosis", editor, now, before)
    for number in ("N-1", "N-1\u200b", "Ｎ-1", "P-2", "\u200d", "\u200b"):
        a_row(cast, number, "Müller")
    patient = Patient.objects.get(number="P-2")
    Study.objects.create(clinic=cast.clinic_a, patient=patient, accession_number="ACC‑9")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE diagnosis_study SET accession_key=''")
    fill.fill_patients(apps, None)
    fill.fill_studies(apps, None)
    with connection.schema_editor() as editor:
        RULE.database_backwards("diagnosis", editor, before, now)
    yield
    Study.objects.all().delete()
    Patient.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_rows_that_look_alike_stay_two_and_are_listed(old_rows: None, cast: Cast) -> None:
    found = list(Patient.objects.order_by("id"))
    assert [each.number for each in found] == ["N-1", "N-1\u200b", "Ｎ-1", "P-2", "\u200d", "\u200b"]
    assert [each.number_key for each in found] == [
        "n-1", f"n-1{TWIN}2", f"n-1{TWIN}3", "p-2", "", f"{TWIN}2"
    ]  # fmt: skip
    assert {each.last_name_key for each in found} == {"muller"}
    assert Study.objects.get().accession_key == "acc-9"

    out = StringIO()
    call_command("lookalike_patients", stdout=out)
    assert [str(each.public_id) in out.getvalue() for each in found] == [True, True, True, False, True, True]
    assert "N-1" not in out.getvalue()
    warned = [message.id for message in run_checks(databases=["default"], tags=["database"])]
    assert "diagnosis.W004" in warned

    assert patients.find_or_create_patient(clinic=cast.clinic_a, number="Ｎ-1", actor="t") == found[2]
    with pytest.raises(PatientMismatch):  # neither spelling: a person has to say which
        patients.find_or_create_patient(clinic=cast.clinic_a, number="n-1", actor="t")
    twin = patients.update_patient(patient=found[1], actor="t", first_name="Ada")
    twin.save()
    assert Patient.objects.get(pk=twin.pk).number_key == f"n-1{TWIN}2"
    patients.update_patient(patient=found[1], actor="t", number="N-100")
    assert Patient.objects.get(number_key="n-100") == found[1]


@pytest.mark.django_db(transaction=True)
def test_without_such_rows_nothing_is_said(cast: Cast) -> None:
    out = StringIO()
    call_command("lookalike_patients", stdout=out)
    assert out.getvalue() == "0 numbers are on record in more than one spelling.\n"
