"""Where a study stands in the worklist: what nobody has read yet never sinks."""

import pytest

from diagnosis.models import Patient, ScanStatus, Study, StudyState
from diagnosis.services import studies, worklist
from tests.conftest import Cast
from tests.diagnosis.services.worklist.summed_up import UNDONE, signed, summed_up
from tests.films import analysed_scan, predict, queued_scan


@pytest.mark.parametrize("status", [*UNDONE, ScanStatus.ANALYSED])
def test_an_urgent_study_stays_first_until_it_is_reviewed(cast: Cast, status: str) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    Study.objects.update(urgent=True)
    assert summed_up(scan, status).rank == worklist.RANK_URGENT


def test_an_urgent_study_without_a_film_needs_attention_and_is_last_once_reviewed(cast: Cast) -> None:
    patient = Patient.objects.create(clinic=cast.clinic_a, number="P-0")
    study = studies.create_study(patient=patient, actor=cast.doctor, urgent=True)
    assert (study.state, study.rank) == (StudyState.EMPTY, worklist.RANK_PROBLEM)
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    Study.objects.filter(pk=scan.study_id).update(urgent=True)
    signed(scan, cast.doctor)
    assert summed_up(scan).rank == worklist.RANK_DONE


@pytest.mark.parametrize("status", UNDONE)
@pytest.mark.parametrize(
    ("said", "rank"),
    [
        ({"p_covid19": 0.1, "p_pneumonia": 0.7}, worklist.RANK_PATHOLOGICAL),
        ({"p_covid19": 0.2, "p_pneumonia": 0.3}, worklist.RANK_UNSURE),
    ],
)
def test_a_film_that_nobody_reviewed_keeps_its_rank_while_it_has_no_result(
    cast: Cast, status: str, said: dict[str, float], rank: int
) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, **said)
    assert summed_up(scan).rank == rank
    study = summed_up(scan, status)
    assert study.rank == rank
    assert (study.network_finding, study.network_triage) == ("", ""), "an earlier result is not the result"


def test_a_reviewed_film_that_is_analysed_again_waits_like_a_new_one(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    signed(scan, cast.doctor)
    assert summed_up(scan, ScanStatus.QUEUED).rank == worklist.RANK_WAITING
