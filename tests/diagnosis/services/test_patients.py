"""Patients and studies are found or made, never merged in silence."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.models import Patient, Study
from diagnosis.services import patients, studies, worklist
from diagnosis.services.patients import NumberTaken, PatientMismatch
from tests.conftest import Cast
from tests.films import predict, queued_scan


def patient(cast: Cast, number: str = "P-1", **facts: object) -> Patient:
    return patients.find_or_create_patient(
        clinic=cast.clinic_a, number=number, actor=cast.technician, **facts
    )


def actions() -> list[str]:
    return list(AuditEvent.objects.values_list("action", flat=True))


def test_a_number_is_one_patient(cast: Cast) -> None:
    one = patient(cast, last_name="Phantom")
    assert patient(cast, last_name="PHANTOM ") == one
    assert patient(cast, "  p-1 ") == one
    assert patient(cast, "P-2") != one
    assert actions() == ["patient.created", "patient.created"]


def test_the_number_of_another_clinic_is_another_patient(cast: Cast) -> None:
    ours = patient(cast, last_name="Phantom")
    theirs = patients.find_or_create_patient(
        clinic=cast.clinic_b, number="P-1", actor=cast.stranger, last_name="Other"
    )
    assert theirs != ours
    assert theirs.last_name == "Other"


@pytest.mark.parametrize(
    ("facts", "fields"),
    [
        ({"last_name": "Other"}, ("last_name",)),
        ({"birth_date": date(1970, 1, 2)}, ("birth_date",)),
        ({"sex": "male", "first_name": "Bob"}, ("first_name", "sex")),
    ],
)
def test_other_facts_under_a_known_number_are_never_merged(
    cast: Cast, facts: dict[str, object], fields: tuple[str, ...]
) -> None:
    patient(cast, first_name="Ada", last_name="Phantom", birth_date=date(1970, 1, 1), sex="female")
    before = Patient.objects.values().get()
    with pytest.raises(PatientMismatch) as caught:
        patient(cast, **facts)
    assert set(caught.value.fields) == set(fields)
    assert "P-1" in caught.value.message
    assert "Phantom" not in caught.value.message
    assert Patient.objects.values().get() == before
    assert actions() == ["patient.created"]


def test_what_the_record_lacks_is_filled_in_and_that_is_on_record(cast: Cast) -> None:
    one = patient(cast, last_name="Phantom")
    patient(cast, last_name="Phantom", first_name="Ada", birth_date=date(1970, 1, 1), sex="unknown")
    one.refresh_from_db()
    assert (one.first_name, one.birth_date) == ("Ada", date(1970, 1, 1))
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.facts) == ("patient.updated", {"fields": ["birth_date", "first_name"]})


def test_a_patient_needs_a_number(cast: Cast) -> None:
    with pytest.raises(ValueError, match="needs a number"):
        patient(cast, "  ")


def test_a_correction_names_its_fields_in_the_record_never_their_content(cast: Cast) -> None:
    one = patient(cast, last_name="Phantom")
    patients.update_patient(patient=one, actor=cast.doctor, last_name="Phantome", number="P-9")
    one.refresh_from_db()
    assert (one.last_name, one.number) == ("Phantome", "P-9")
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.actor) == ("patient.updated", cast.doctor.email)
    assert event.facts == {"fields": ["last_name", "number"]}


def test_nothing_changed_is_nothing_on_record(cast: Cast) -> None:
    one = patient(cast, last_name="Phantom")
    patients.update_patient(patient=one, actor=cast.doctor, last_name="Phantom")
    assert actions() == ["patient.created"]


def test_a_number_cannot_be_taken_from_another_patient(cast: Cast) -> None:
    patient(cast, "P-1")
    two = patient(cast, "P-2")
    with pytest.raises(NumberTaken):
        patients.update_patient(patient=two, actor=cast.doctor, number="p-1")
    two.refresh_from_db()
    assert two.number == "P-2"


def test_a_study_belongs_to_its_patients_clinic_and_can_be_corrected(cast: Cast) -> None:
    study = studies.create_study(
        patient=patient(cast), actor=cast.technician, reason="Cough", taken_at=None, urgent=True
    )
    assert (study.clinic, study.created_by) == (cast.clinic_a, cast.technician)
    studies.update_study(study=study, actor=cast.doctor, pcr_result="positive", reason="Cough")
    study.refresh_from_db()
    assert study.pcr_result == "positive"
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.facts) == ("study.updated", {"fields": ["pcr_result"]})
    assert event.study_id == str(study.public_id)
    assert not list(audit.verify())


def test_dates_that_cannot_be_are_named() -> None:
    now = timezone.now()
    future = now.date() + timedelta(days=3)
    problems = patients.implausible(
        {"birth_date": future, "symptoms_onset": date(1492, 1, 1), "taken_at": now + timedelta(days=2)}
    )
    assert set(problems) == {"birth_date", "symptoms_onset", "taken_at"}
    assert not patients.implausible({"birth_date": date(1930, 1, 1), "symptoms_onset": None, "taken_at": now})


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_patient(cast: Cast) -> None:
    found: list[int] = []
    start = threading.Barrier(4)

    def run() -> None:
        try:
            start.wait()
            found.append(patient(cast, "P-7", last_name="Phantom").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert actions().count("patient.created") == 1


def test_a_study_marked_urgent_later_moves_to_the_top_of_the_worklist(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.technician)
    predict(scan, p_covid19=0.02, p_pneumonia=0.02)
    before = Study.objects.get(pk=scan.study_id).rank
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    assert Study.objects.get(pk=scan.study_id).rank == worklist.RANK_URGENT < before
    studies.update_study(study=scan.study, actor=cast.technician, urgent=False)
    assert Study.objects.get(pk=scan.study_id).rank == before


@pytest.mark.parametrize(
    "taken", [datetime(26, 5, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=timezone.get_fixed_timezone(14 * 60))]
)
def test_a_film_from_before_there_were_films_is_a_slip_of_the_pen(taken: datetime) -> None:
    assert patients.implausible({"taken_at": taken}) == {"taken_at": "This time is too far in the past."}


def test_a_name_that_grows_too_long_when_it_is_composed_is_said_beside_its_field() -> None:
    letter = "\N{DEVANAGARI LETTER QA}"  # one character that composing turns into two
    assert set(patients.implausible({"number": letter * 40, "first_name": letter * 40})) == {"number"}
