"""A study belongs to its patient's clinic and can be corrected."""

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.models import Study
from diagnosis.services import studies, worklist
from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient
from tests.films import predict, queued_scan


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


def test_a_study_marked_urgent_later_moves_to_the_top_of_the_worklist(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.technician)
    predict(scan, p_covid19=0.02, p_pneumonia=0.02)
    before = Study.objects.get(pk=scan.study_id).rank
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    assert Study.objects.get(pk=scan.study_id).rank == worklist.RANK_URGENT < before
    studies.update_study(study=scan.study, actor=cast.technician, urgent=False)
    assert Study.objects.get(pk=scan.study_id).rank == before
