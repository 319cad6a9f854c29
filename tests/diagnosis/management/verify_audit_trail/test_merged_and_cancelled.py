"""What merging, cancelling and setting aside change is sealed, and what is changed past the portal shows."""

from diagnosis.models import Patient, Study
from diagnosis.services import lifecycle, merging, studies
from tests.diagnosis.management.verify_audit_trail.conftest import Hospital
from tests.diagnosis.management.verify_audit_trail.past_the_portal import faults, rows_of, undone


def test_the_portals_own_changes_are_whole(hospital: Hospital) -> None:
    one, other = (Study.objects.get(pk=hospital.scans[place].study_id) for place in (0, 1))
    merging.merge_patients(
        patient=other.patient, into=one.patient, actor=hospital.administrator, reason="one person"
    )
    assert list(faults()) == []
    with undone():
        rows_of(Patient).filter(pk=other.patient.pk).update(merged_into=None)
        assert list(faults()) != []
    merging.undo_merge(patient=other.patient, actor=hospital.administrator)
    assert list(faults()) == []
    studies.cancel_study(study=one, actor=hospital.doctor, reason="twice")
    lifecycle.set_aside(scan=hospital.scans[1], actor=hospital.doctor, reason="a hand")
    assert list(faults()) == []
    with undone():
        rows_of(Study).filter(pk=one.pk).update(cancelled_reason="other")
        assert list(faults()) != []
    studies.reopen_study(study=one, actor=hospital.doctor)
    lifecycle.take_back(scan=hospital.scans[1], actor=hospital.doctor)
    assert list(faults()) == []
