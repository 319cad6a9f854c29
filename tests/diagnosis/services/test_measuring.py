"""Which signed films say what a network is worth in a clinic, and which were read blind."""

import pytest
from django.utils import timezone

from diagnosis.models import Prediction, Review, Scan, Study
from diagnosis.services import measuring
from tests.conftest import Cast
from tests.diagnosis.signed_films import signed_film, signed_films, told_apart
from tests.films import model_version


def counted(cast: Cast) -> tuple[int, int]:
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model_version())
    return measured.normal, measured.abnormal


def test_any_finding_but_normal_is_abnormal(cast: Cast) -> None:
    for finding in ("normal", "covid19", "pneumonia", "other"):
        signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding=finding)
    assert counted(cast) == (1, 3)


def test_films_that_do_not_count_say_nothing(cast: Cast) -> None:
    films = [signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="normal") for _ in range(3)]
    Scan.objects.filter(pk=films[0].pk).update(is_phantom=True)
    Scan.objects.filter(pk=films[1].pk).update(set_aside_at=timezone.now())
    Study.objects.filter(pk=films[2].study_id).update(cancelled_at=timezone.now())
    signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="normal", unfamiliar=True)
    signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="normal", version="2.0.0")
    signed_film(cast.clinic_b, cast.stranger, p_abnormal=0.5, finding="normal")
    signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="")
    assert counted(cast) == (0, 0)


def test_the_newest_word_counts(cast: Cast) -> None:
    scan = signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="normal")
    Review.objects.create(scan=scan, doctor=cast.colleague, decision="change", finding="pneumonia")
    assert counted(cast) == (0, 1)


@pytest.mark.parametrize(("patients", "enough"), [(9, False), (10, True)])
def test_many_films_of_a_few_patients_are_not_enough(cast: Cast, patients: int, enough: bool) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    ill = Study.objects.filter(scans__reviews__finding="pneumonia").order_by("pk")
    people = [study.patient_id for study in ill[:patients]]
    for number, study in enumerate(ill):
        Study.objects.filter(pk=study.pk).update(patient=people[number % patients])
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model_version())
    assert (measured.abnormal, measured.enough) == (30, enough)


def test_a_word_before_any_answer_is_blind(cast: Cast) -> None:
    signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="normal")
    blind = signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="normal", blind=True)
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model_version())
    assert (measured.normal, measured.blind_normal) == (2, 1)
    Review.objects.create(scan=blind, doctor=cast.colleague, decision="change", finding="pneumonia")
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model_version())
    assert (measured.abnormal, measured.blind_abnormal) == (1, 0), "the last word was not blind"


def test_a_word_after_another_networks_answer_is_not_blind(cast: Cast) -> None:
    scan = signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="normal", blind=True)
    of_old = Prediction.objects.get(scan=scan)
    signed_at = Review.objects.get(scan=scan).signed_at
    values = {field.attname: getattr(of_old, field.attname) for field in Prediction._meta.fields}
    values |= {"id": None, "model_version_id": model_version("0.9", active=None).pk, "created_at": signed_at}
    Prediction.objects.create(**{name: value for name, value in values.items() if name != "public_id"})
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model_version())
    assert (measured.normal, measured.blind_normal) == (1, 0)


def test_the_figures_say_what_each_cut_does(cast: Cast) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model_version())
    assert (measured.enough, measured.quiet) == (True, "")
    half = next(row for row in measured.figures["yield"] if row["cut"] == 0.5)
    assert (half["flagged"], half["missed"], half["false_alarms"]) == (22, 8, 0)
    assert half["specificity"]["value"] == 1
    assert half["specificity"]["low"] == pytest.approx(0.929, abs=0.001), "none in 50 is not “never”"
    assert measured.figures["auroc"]["low"] > 0.8
    assert measured.figures["auroc_blind"] is None
    assert sum(measured.figures["bars"]["normal"]) == 50


def test_with_enough_blind_reads_they_have_a_figure_of_their_own(cast: Cast) -> None:
    told_apart(cast.clinic_a, cast.doctor, normal=40, abnormal=20)
    for number in range(10):
        for finding, score in (("normal", 0.8), ("pneumonia", 0.2)):
            signed_film(
                cast.clinic_a, cast.doctor, p_abnormal=score + number / 100, finding=finding, blind=True
            )
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model_version())
    assert measured.figures["auroc_blind"]["value"] == 0


def test_scores_that_tell_nothing_apart_are_named_chance(cast: Cast) -> None:
    same = [0.02 * place + 0.01 for place in range(50)]
    signed_films(cast.clinic_a, cast.doctor, normal=same, abnormal=same[5:40])
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model_version())
    assert measured.quiet == "its AUROC here may as well be chance (0.5)"


def test_an_answer_whose_correction_was_undone_says_nothing_of_the_network(cast: Cast) -> None:
    scan = signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.5, finding="normal")
    assert counted(cast) == (1, 0)
    Scan.objects.filter(pk=scan.pk).update(correction_undone_at=timezone.now())
    assert counted(cast) == (0, 0)
