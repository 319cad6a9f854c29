"""The film that needs somebody most speaks for its study."""

from diagnosis.models import Scan, ScanStatus, StudyState
from diagnosis.services import worklist
from tests.conftest import Cast
from tests.diagnosis.services.worklist.summed_up import NORMAL, summed_up
from tests.films import analysed_scan, predict, queued_scan


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
