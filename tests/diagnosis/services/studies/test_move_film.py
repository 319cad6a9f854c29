"""A film under the wrong patient is put right, and both sides say so."""

from accounts.models import AuditEvent
from diagnosis.models import Decision, Patient, Scan, Study, StudyState
from diagnosis.services import review, studies, worklist
from tests.conftest import Cast
from tests.films import analysed_scan


def test_the_film_moves_with_its_results_and_reviews_into_a_study_of_the_right_patient(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    Study.objects.update(urgent=True, reason="cough")
    old = Study.objects.get()
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE)
    right = Patient.objects.create(clinic=cast.clinic_a, number="1243", last_name="Right")
    new = studies.move_film(scan=scan, number="1243", actor=cast.technician)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (new.patient, new.taken_at, new.door, new.urgent) == (right, old.taken_at, old.door, True)
    assert (new.state, new.network_finding, new.doctor_finding) == ("reviewed", "pneumonia", "pneumonia")
    assert (new.reason, new.created_by) == ("", cast.technician)
    assert (old.state, old.network_finding, old.doctor_finding) == (StudyState.CANCELLED, "", "")
    assert (old.urgent, old.rank) == (False, worklist.RANK_DONE), "nothing is left to do there"
    assert Scan.objects.get(pk=scan.pk).reviews.count() == 1


def test_both_studies_have_it_on_record_by_public_ids_alone(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    old = scan.study
    new = studies.move_film(scan=scan, number="1243", first_name="Grace", actor=cast.technician)
    events = AuditEvent.objects.filter(action="scan.moved").order_by("sequence")
    assert [(event.study_id, event.facts) for event in events] == [
        (str(old.public_id), {"to": f"study:{new.public_id}"}),
        (str(new.public_id), {"from": f"study:{old.public_id}"}),
    ]
    assert {event.subject for event in events} == {f"scan:{scan.public_id}"}
    assert "Grace" not in str(list(AuditEvent.objects.values_list("facts", flat=True)))
    actions = AuditEvent.objects.order_by("sequence").values_list("action", flat=True)
    made = ["patient.created", "study.created", "scan.moved", "scan.moved", "study.cancelled"]
    assert list(actions)[-5:] == made


def test_a_number_of_another_clinic_is_not_that_clinics_patient(cast: Cast) -> None:
    Patient.objects.create(clinic=cast.clinic_b, number="1243")
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1234")
    new = studies.move_film(scan=scan, number="1243", actor=cast.technician)
    assert (new.clinic, new.patient.clinic) == (cast.clinic_a, cast.clinic_a)
