"""Every entry is spelled one way: what it is about, whose clinic's it is, and in which study it shows."""

import pytest

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.models import Scan, Study
from diagnosis.services import history
from tests.conftest import Cast
from tests.films import model_version, queued_scan


def spelled(event: AuditEvent) -> tuple[str, int | None, str]:
    """Subject, clinic and study of an entry, as they stand in the database."""
    return AuditEvent.objects.values_list("subject", "clinic_id", "study_id").get(pk=event.pk)


def test_an_entry_about_a_patient_shows_in_no_study(scan: Scan, cast: Cast) -> None:
    patient = scan.study.patient
    event = history.write(patient, "patient.updated", actor=cast.doctor)
    assert spelled(event) == (f"patient:{patient.public_id}", cast.clinic_a.pk, "")


def test_an_entry_about_a_study_shows_in_it(scan: Scan, cast: Cast) -> None:
    study = scan.study
    event = history.write(study, "study.updated", actor=cast.doctor)
    assert spelled(event) == (f"study:{study.public_id}", cast.clinic_a.pk, str(study.public_id))


def test_an_entry_about_a_film_shows_in_its_study(scan: Scan, cast: Cast) -> None:
    event = history.write(scan, "scan.retried", actor=cast.doctor)
    assert spelled(event) == (f"scan:{scan.public_id}", cast.clinic_a.pk, str(scan.study.public_id))


def test_an_entry_about_a_film_of_another_study_shows_where_it_was_sent(scan: Scan, cast: Cast) -> None:
    sent_to = queued_scan(cast.clinic_a, cast.technician, number="P-2", seed=1).study
    event = history.write(scan, "scan.received_again", actor=cast.technician, study=sent_to)
    assert spelled(event) == (f"scan:{scan.public_id}", cast.clinic_a.pk, str(sent_to.public_id))


def test_an_entry_is_of_the_clinic_in_whose_study_it_shows(scan: Scan, cast: Cast) -> None:
    theirs: Study = queued_scan(cast.clinic_b, cast.stranger, seed=1).study
    event = history.write(scan, "scan.received_again", actor=cast.stranger, study=theirs)
    assert spelled(event) == (f"scan:{scan.public_id}", cast.clinic_b.pk, str(theirs.public_id))


def test_an_entry_about_a_network_is_no_clinics(cast: Cast) -> None:
    network = model_version()
    event = history.write(network, "model.promoted", actor=cast.operator)
    assert spelled(event) == (f"model:{network.public_id}", None, "")


def test_an_entry_about_a_clinic_is_its_own(cast: Cast) -> None:
    event = history.write(cast.clinic_b, "scan.refused", actor=cast.stranger)
    assert spelled(event) == (f"clinic:{cast.clinic_b.public_id}", cast.clinic_b.pk, "")


def test_entries_that_waited_are_written_in_their_order(scan: Scan, cast: Cast) -> None:
    patient, study = scan.study.patient, scan.study
    entries = [
        history.Entry(patient, "patient.created"),
        history.Entry(scan, "scan.received", {"bytes": 8}),
        history.Entry(scan, "scan.received_again", study=study),
    ]
    history.write_all(entries, actor=cast.technician)
    events = AuditEvent.objects.order_by("sequence")
    assert [(event.action, event.facts) for event in events] == [
        ("patient.created", {}),
        ("scan.received", {"bytes": 8}),
        ("scan.received_again", {}),
    ]
    assert {event.actor for event in events} == {cast.technician.email}
    assert not list(audit.verify())


@pytest.mark.parametrize(
    ("look", "kind", "action"),
    [
        (history.study_viewed, "study", "study.viewed"),
        (history.report_viewed, "study", "report.viewed"),
        (history.patient_viewed, "patient", "patient.viewed"),
        (history.original_downloaded, "scan", "scan.downloaded"),
    ],
)
def test_a_look_is_an_entry_like_any_other(
    scan: Scan, cast: Cast, look: object, kind: str, action: str
) -> None:
    about = {"scan": scan, "study": scan.study, "patient": scan.study.patient}[kind]
    look(**{kind: about}, reader=cast.doctor)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == (action, cast.doctor.email)
    study_id = "" if kind == "patient" else str(scan.study.public_id)
    assert spelled(event) == (history.subject_of(about), cast.clinic_a.pk, study_id)
