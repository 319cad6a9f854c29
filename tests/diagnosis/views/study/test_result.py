"""The finding is a sentence, says what to do next, and claims no more than it may."""

import pytest
from django.test import Client

from diagnosis.models import Scan
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of
from tests.films import analysed_scan, predict, queued_scan


@pytest.mark.parametrize(
    ("p_covid19", "p_pneumonia", "headline", "step"),
    [
        (0.6, 0.33, "Abnormal · 93 %", "Suggested: admit, PCR"),
        (
            0.05,
            0.04,
            "Normal · 91 %",
            "Suggested: home, await PCR",
        ),
        (0.2, 0.3, "Unsure · abnormal 50 %", "Suggested: a doctor reads this film first"),
    ],
)
def test_the_finding_is_a_sentence_and_says_what_to_do_next(
    doctor: Client, cast: Cast, p_covid19: float, p_pneumonia: float, headline: str, step: str
) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=p_covid19, p_pneumonia=p_pneumonia)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    page = page_of(doctor, scan)
    assert headline in page
    assert step in page
    assert "Research use only, not a medical device" in page


def test_the_kind_of_pneumonia_is_called_less_certain(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.6, p_pneumonia=0.33)
    assert "COVID-19 60 % · other pneumonia 33 %. Type is less reliable than normal/abnormal." in page_of(
        doctor, scan
    )


def test_model_version_times_and_meaning_are_told(doctor: Client, cast: Cast) -> None:
    page = page_of(doctor, analysed_scan(cast.clinic_a, cast.doctor))
    assert "test-network 1.0.0" in page
    assert "network 7 ms" in page
    assert "not the chance that this patient is ill" in page


def test_a_phantom_is_never_given_a_next_step(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    page = page_of(doctor, scan)
    assert "Nothing to do: this is a drawing" in page
    assert "Admit" not in page
