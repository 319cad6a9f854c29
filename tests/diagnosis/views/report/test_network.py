"""The report prints what the network knows, and why a person reads a film first."""

from django.test import Client

from diagnosis.models import Scan
from tests.conftest import Cast
from tests.diagnosis.views.report.pages import text_of
from tests.films import analysed_scan, predict, queued_scan


def test_it_prints_the_classes_that_the_network_knows(doctor: Client, cast: Cast) -> None:
    known = analysed_scan(cast.clinic_a, cast.doctor)
    assert "Abnormal · 80 % Other pneumonia 70 % · COVID-19 10 %." in text_of(doctor, known.study)
    one = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=1)
    predict(one, p_covid19=None, p_pneumonia=0.7)
    page = text_of(doctor, one.study)
    assert "Abnormal · 70 %" in page
    assert "COVID-19 10 %" not in page
    assert "knows only pneumonia and normal films" in page


def test_it_says_why_a_person_reads_a_film_unlike_those_of_the_training_first(
    doctor: Client, cast: Cast
) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.02, p_pneumonia=0.01, looks=(0.03, 0.02), unfamiliar=True)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    page = text_of(doctor, scan.study)
    assert "Unfamiliar film: not used for triage (raw: abnormal 3 %)" in page
    assert "This film is unlike those that the network learned from" in page
    assert "Type is less reliable" not in page
