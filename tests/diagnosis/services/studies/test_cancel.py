"""A study entered by mistake leaves the worklist with a reason, stays on record, and can come back."""

from io import BytesIO

import pytest

from accounts.models import AuditEvent
from diagnosis.models import Scan, Study
from diagnosis.services import lifecycle, studies
from diagnosis.services.intake import films
from diagnosis.services.lifecycle import ReasonMissing
from diagnosis.services.worklist import RANK_DONE
from tests.conftest import Cast
from tests.diagnosis.services.record import actions
from tests.films import analysed_scan, phantom_png, predict, queued_scan


def fresh(study: Study) -> Study:
    return Study.objects.get(pk=study.pk)


def test_a_cancelled_study_waits_for_nobody_and_keeps_everything(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    assert studies.cancel_study(study=scan.study, actor=cast.technician, reason="Ada Phantom was sent twice")
    study = fresh(scan.study)
    assert (study.state, study.rank) == ("cancelled", RANK_DONE)
    assert (study.cancelled_by, study.cancelled_reason) == (cast.technician, "Ada Phantom was sent twice")
    assert scan.predictions.count() == 1
    event = AuditEvent.objects.get(action="study.cancelled")
    assert event.study_id == str(study.public_id)
    assert "Phantom" not in str(event.facts), "the record names no patient"
    assert not studies.cancel_study(study=study, actor=cast.doctor, reason="again")
    assert actions().count("study.cancelled") == 1


def test_a_result_that_comes_later_does_not_bring_it_back(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    studies.cancel_study(study=scan.study, actor=cast.technician, reason="twice")
    predict(Scan.objects.get(pk=scan.pk))
    assert fresh(scan.study).state == "cancelled"


def test_it_can_be_reopened_and_a_new_film_reopens_it(cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    studies.cancel_study(study=study, actor=cast.technician, reason="twice")
    assert studies.reopen_study(study=study, actor=cast.doctor)
    assert (fresh(study).state, fresh(study).cancelled_reason) == ("to_review", "")
    assert not studies.reopen_study(study=study, actor=cast.doctor)
    studies.cancel_study(study=study, actor=cast.technician, reason="twice")

    films.receive(study=study, film=BytesIO(phantom_png(7)), name="b.png", actor=cast.technician)
    assert fresh(study).state == "waiting"
    assert actions().count("study.reopened") == 2


def test_a_reason_is_needed(cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    with pytest.raises(ValueError, match="with a reason"):
        studies.cancel_study(study=study, actor=cast.technician, reason=" \u200b ")
    assert fresh(study).state == "waiting"


def test_a_study_whose_only_film_was_moved_is_cancelled(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="1")
    old = scan.study
    studies.move_film(scan=scan, number="2", actor=cast.technician)
    assert fresh(old).state == "cancelled"
    assert "moved to another patient" in fresh(old).cancelled_reason


def test_a_film_with_a_result_is_set_aside_with_a_reason_and_taken_back(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    with pytest.raises(ReasonMissing):
        lifecycle.set_aside(scan=scan, actor=cast.technician)
    assert lifecycle.set_aside(scan=scan, actor=cast.technician, reason="A hand, not a chest")
    stored = Scan.objects.get(pk=scan.pk)
    assert (stored.set_aside_by, stored.set_aside_reason) == (cast.technician, "A hand, not a chest")
    assert fresh(scan.study).network_finding == ""
    assert "hand" not in str(AuditEvent.objects.get(action="scan.set_aside").facts)
    assert not lifecycle.set_aside(scan=scan, actor=cast.technician, reason="again")
    assert lifecycle.take_back(scan=scan, actor=cast.doctor)
    assert not lifecycle.take_back(scan=scan, actor=cast.doctor)
    assert fresh(scan.study).state == "to_review"
    assert actions()[-1] == "scan.taken_back"


def test_a_film_that_is_being_analysed_is_not_set_aside(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    assert not lifecycle.set_aside(scan=scan, actor=cast.technician, reason="wrong")
