"""Beside the probability, the page and the report say how far the network's answer wobbles, and no more."""

import re
from typing import Literal

from django.test import Client

from diagnosis.cnn.uncertainty import Reach
from diagnosis.models import OperatingPoint, Scan
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of, text_of
from tests.films import accepted, analysed_scan, model_version, predict, queued_scan

CAUTION = "not a confidence interval for the patient"


def wavering(cast: Cast, *looks: float) -> Scan:
    """A film of a person that the network calls abnormal with 83 %, and otherwise in other looks."""
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.13, p_pneumonia=0.7, looks=looks)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    return scan


def test_the_range_stands_beside_the_probability_with_what_it_means(doctor: Client, cast: Cast) -> None:
    scan = wavering(cast, 0.71, 0.9)
    page = page_of(doctor, scan)
    assert "Abnormal: Range over 3 views: 71–90 %" in page
    assert CAUTION in page
    assert "plain, mirrored, central 90 %; abnormal 83 % · 71 % · 90 %. The answer is the first." in page
    assert "limits, so" not in page
    assert "same side" not in page


def test_the_range_is_drawn_to_scale_without_scripts_or_inline_styles(doctor: Client, cast: Cast) -> None:
    scan = wavering(cast, 0.71, 0.9)
    page = doctor.get(f"/studies/{scan.study.public_id}/").content.decode()
    (drawn,) = re.findall(r'<g class="range">.*?</g>', page, re.DOTALL)
    lines = re.findall(r'x1="([\d.]+%)" x2="([\d.]+%)"', drawn)
    assert lines == [("71.00%", "90.00%"), ("71.00%", "71.00%"), ("90.00%", "90.00%")]
    assert "style=" not in drawn


def test_looks_on_both_sides_of_the_limits_leave_the_film_to_a_person(doctor: Client, cast: Cast) -> None:
    page = page_of(doctor, wavering(cast, 0.2, 0.9))
    assert "Unsure · abnormal 83 %" in page
    assert (
        "a doctor reads this film first The network calls this film abnormal in one look and normal" in page
    )
    assert "They fall on both sides of the network’s limits, so a human reads this film first." in page
    assert "Admit for further" not in page


def test_a_border_crossed_is_told_and_the_suggestion_stays(doctor: Client, cast: Cast) -> None:
    page = page_of(doctor, wavering(cast, 0.5, 0.9))
    assert "They do not all fall on the same side of the network’s limits." in page
    assert "Abnormal · 83 %" in page


def test_a_result_from_before_shows_as_it_did(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    page = doctor.get(f"/studies/{scan.study.public_id}/").content.decode()
    assert 'class="range' not in page
    assert "3 views" not in page
    report = text_of(doctor.get(f"/studies/{scan.study.public_id}/report/"))
    assert "3 views" not in report


def test_the_report_says_why_a_doctor_reads_first_without_the_range(doctor: Client, cast: Cast) -> None:
    scan = wavering(cast, 0.2, 0.9)
    report = text_of(doctor.get(f"/studies/{scan.study.public_id}/report/"))
    assert "Unsure · abnormal 83 %" in report
    assert "The network calls this film abnormal in one look and normal in another" in report
    assert "views" not in report


def looked_at_once(cast: Cast, *, limits: OperatingPoint | Literal["accepted"] | None = "accepted") -> Scan:
    """A film of a person that the network calls abnormal with 98 %, in the one look that was enough."""
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.13, p_pneumonia=0.85, reach=Reach(up=2.0, down=2.0), limits=limits)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    return scan


def test_one_look_is_told_as_one_look_and_no_range_is_shown(doctor: Client, cast: Cast) -> None:
    scan = looked_at_once(cast)
    page = page_of(doctor, scan)
    assert "Abnormal: One look: two more would not change what is told" in page
    assert "1 look: plain; abnormal 98 %. Network" in page
    assert "The network looked at this film once." in page
    assert "Abnormal · 98 %" in page
    for claim in ("Range over", CAUTION, "narrow range", "The answer is", "same side", "above both limits"):
        assert claim not in page
    drawn = doctor.get(f"/studies/{scan.study.public_id}/").content.decode()
    assert 'class="range"' not in drawn


def test_one_look_on_probation_is_told_as_one_look(doctor: Client, cast: Cast) -> None:
    page = page_of(doctor, looked_at_once(cast, limits=None))
    assert "One look: two more would not change what is told" in page
    assert "not yet measured here" in page


def test_limits_that_came_too_late_for_one_look_leave_the_film_to_a_person(
    doctor: Client, cast: Cast
) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    limits = accepted(cast.clinic_a, model_version("1.0.0"))
    OperatingPoint.objects.filter(pk=limits.pk).update(normal_below=0.9, pathological_from=0.92)
    limits.refresh_from_db()
    predict(scan, p_covid19=0.13, p_pneumonia=0.85, reach=Reach(up=2.0, down=2.0), limits=limits)
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    page = page_of(doctor, scan)
    assert "Unsure · abnormal 98 %" in page
    assert "a doctor reads this film first Other limits came into force while" in page
    assert "would not change what is told" not in page
