"""Where a study stands in the worklist: what nobody has read yet never sinks."""

import pytest

from accounts.models import User
from diagnosis.models import Decision, Patient, Scan, ScanStatus, Study, StudyState
from diagnosis.services import review, studies, worklist
from tests.conftest import Cast
from tests.films import analysed_scan, predict, queued_scan

UNDONE = [ScanStatus.QUEUED, ScanStatus.ANALYSING, ScanStatus.FAILED, ScanStatus.REFUSED]
NORMAL = {"p_covid19": 0.05, "p_pneumonia": 0.05}


def summed_up(scan: Scan, status: str | None = None) -> Study:
    """The scan's study after a refresh, the scan put into a state before."""
    if status:
        Scan.objects.filter(pk=scan.pk).update(status=status)
    study = Study.objects.get(pk=scan.study_id)
    worklist.refresh(study)
    return study


def signed(scan: Scan, doctor: User) -> None:
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=doctor, decision=Decision.AGREE)


@pytest.mark.parametrize("status", [*UNDONE, ScanStatus.ANALYSED])
def test_an_urgent_study_stays_first_until_it_is_reviewed(cast: Cast, status: str) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    Study.objects.update(urgent=True)
    assert summed_up(scan, status).rank == worklist.RANK_URGENT


def test_an_urgent_study_is_first_before_its_film_is_there_and_last_once_reviewed(cast: Cast) -> None:
    patient = Patient.objects.create(clinic=cast.clinic_a, number="P-0")
    study = studies.create_study(patient=patient, actor=cast.doctor, urgent=True)
    assert (study.state, study.rank) == (StudyState.EMPTY, worklist.RANK_URGENT)
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


def test_a_sick_film_does_not_sink_while_the_film_beside_it_waits(cast: Cast) -> None:
    sick = analysed_scan(cast.clinic_a, cast.doctor)
    beside = queued_scan(cast.clinic_a, cast.doctor, seed=1)
    Scan.objects.filter(pk=beside.pk).update(study=sick.study)
    study = summed_up(sick)
    assert (study.state, study.rank) == (StudyState.WAITING, worklist.RANK_PATHOLOGICAL)


def test_a_normal_film_beside_one_that_failed_does_not_lower_it(cast: Cast) -> None:
    sick = analysed_scan(cast.clinic_a, cast.doctor)
    normal = queued_scan(cast.clinic_a, cast.doctor, seed=1)
    Scan.objects.filter(pk=normal.pk).update(study=sick.study)
    predict(Scan.objects.get(pk=normal.pk), **NORMAL)
    study = summed_up(sick, ScanStatus.FAILED)
    assert (study.state, study.rank) == (StudyState.TO_REVIEW, worklist.RANK_PATHOLOGICAL)


def test_a_film_whose_looks_disagree_does_not_hide_the_sick_one_beside_it(cast: Cast) -> None:
    sick = analysed_scan(cast.clinic_a, cast.doctor)
    wavering = queued_scan(cast.clinic_a, cast.doctor, seed=1)
    predict(wavering, p_covid19=0.1, p_pneumonia=0.85, looks=(0.2, 0.9))
    Scan.objects.filter(pk=wavering.pk).update(study=sick.study)
    study = summed_up(sick)
    assert (study.network_triage, study.rank) == ("pathological", worklist.RANK_PATHOLOGICAL)


def test_a_film_whose_looks_disagree_is_not_hidden_by_a_normal_one(cast: Cast) -> None:
    normal = queued_scan(cast.clinic_a, cast.doctor)
    predict(normal, p_covid19=0.1, p_pneumonia=0.15)
    wavering = queued_scan(cast.clinic_a, cast.doctor, seed=1)
    predict(wavering, p_covid19=0.05, p_pneumonia=0.05, looks=(0.7, 0.2))
    Scan.objects.filter(pk=wavering.pk).update(study=normal.study)
    study = summed_up(normal)
    assert (study.network_triage, study.rank) == ("unsure", worklist.RANK_UNSURE)
