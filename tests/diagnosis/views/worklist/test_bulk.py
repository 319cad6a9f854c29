"""What is done with several studies at once: on record for each, and never with another clinic's."""

from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Patient, Study
from tests.conftest import Cast
from tests.films import analysed_scan


def two(cast: Cast) -> tuple[Study, Study]:
    """A study of the clinic and one of another."""
    own = analysed_scan(cast.clinic_a, cast.doctor).study
    return own, analysed_scan(cast.clinic_b, cast.stranger, seed=1).study


def ids(*studies: Study) -> list[str]:
    return [str(study.public_id) for study in studies]


def test_assigned_to_a_doctor_of_the_clinic_alone(doctor: Client, cast: Cast) -> None:
    own, foreign = two(cast)
    sent = {"study": ids(own, foreign), "doctor": str(cast.colleague.public_id)}
    assert doctor.post("/worklist/assign/?tab=normal", sent).url == "/worklist/?tab=normal"
    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.assigned_to, foreign.assigned_to) == (cast.colleague, None)
    assert AuditEvent.objects.filter(action="study.assigned").count() == 1
    refused = doctor.post("/worklist/assign/", {"study": ids(own), "doctor": str(cast.stranger.public_id)})
    assert refused.status_code == 422
    own.refresh_from_db()
    assert own.assigned_to == cast.colleague


def test_cancelled_with_a_reason_and_what_was_ticked_comes_back_without(doctor: Client, cast: Cast) -> None:
    own, foreign = two(cast)
    again = doctor.post("/worklist/cancel/", {"study": ids(own, foreign), "reason": " "})
    assert again.status_code == 422
    assert "checked" in again.content.decode()
    doctor.post("/worklist/cancel/", {"study": ids(own, foreign), "reason": "sent twice"})
    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.cancelled_reason, foreign.cancelled_at) == ("sent twice", None)


def test_the_table_computes_nothing_and_is_on_record(doctor: Client, cast: Cast) -> None:
    own, foreign = two(cast)
    Patient.objects.filter(pk=own.patient_id).update(last_name="=1+1")
    answer = doctor.post("/worklist/table/", {"study": ids(own, foreign)})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "'=1+1" in lines[1]
    assert [event.study_id for event in AuditEvent.objects.filter(action="study.tabled")] == ids(own)
