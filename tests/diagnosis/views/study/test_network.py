"""The page says what the network knows and whose films set its limits."""

import pytest
from django.test import Client

from diagnosis.models import ModelVersion, Scan
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of
from tests.films import predict, promoted, queued_scan


def test_a_network_of_two_classes_is_shown_with_these_alone(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.8, p_pneumonia=None)
    page = page_of(doctor, scan)
    assert "Abnormal 80 % · COVID-19 80 % · Normal 20 %" in page
    assert "Pneumonia" not in page.split("· Normal 20 %")[0].split("Abnormal 80 % ·")[1]
    assert "This network knows only COVID-19 and normal films" in page
    assert "It knows only these two classes" in page
    assert "Type is less reliable" not in page
    assert "did not carry over" not in page


def test_the_page_says_whose_films_set_the_limits(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan)
    assert "numbers and limits can be far off" in page_of(doctor, scan)
    card = {"limits_set": {"site": "riverside"}}
    ModelVersion.objects.update(card=card)
    page = page_of(doctor, scan)
    assert "were set on films of riverside" in page
    assert "can be far off" not in page


def test_a_normal_film_has_no_signs_of_what_the_network_knows(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.05, p_pneumonia=None)
    assert "Normal · 95 %" in page_of(doctor, scan)


def test_earlier_results_leave_open_what_their_network_did_not_know(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=None, p_pneumonia=0.9)
    promoted("2.0.0")
    predict(scan, version="2.0.0")
    page = page_of(doctor, scan)
    assert "test-network 1.0.0 Pneumonia – 90 % 10 %" in page
    assert "COVID-19 10 % · Pneumonia 70 % · Normal 20 %" in page


def test_a_film_unlike_those_of_the_training_is_left_to_a_person(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.13, p_pneumonia=0.7, looks=(0.82, 0.84), unfamiliar=True)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    page = page_of(doctor, scan)
    assert "Unfamiliar film: not used for triage (raw: abnormal 83 %)" in page
    assert "Type is less reliable" not in page
    assert (
        "Suggested: a doctor reads this film first This film is unlike those that the network learned from"
        in page
    )
    assert "Admit for further" not in page


@pytest.mark.parametrize(
    ("doubt", "words"),
    [
        ("few_grey_levels", "This file has fewer than 64 shades of grey"),
        ("lungs_not_found", "The lungs were not found in this film"),
    ],
)
def test_a_film_that_cannot_be_judged_is_left_to_a_person(
    doctor: Client, cast: Cast, doubt: str, words: str
) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.13, p_pneumonia=0.7, looks=(0.82, 0.84), doubt=doubt)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    page = page_of(doctor, scan)
    assert "The network cannot judge this film (abnormal 83 %)" in page
    assert f"A human reads this film first {words}" in page
    assert "More like" not in page
    assert "Admit for further" not in page
