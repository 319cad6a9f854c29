"""What a clinic's computer reads about a study, its films and their results."""

import pytest

from diagnosis.models import ScanStatus
from tests import films
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.read.address import url


def test_a_waiting_study_has_no_result_yet(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    body = computer.read(url(scan.study)).json()
    assert body["state"] == "waiting"
    assert body["patient_number"] == "P-1"
    assert (body["network_finding"], body["network_probability"]) == ("", None)
    (film,) = body["films"]
    assert (film["status"], film["prediction"], film["review"]) == ("queued", None, None)
    assert film["sha256"] == scan.sha256


def test_a_result_comes_with_what_made_it_and_what_it_is_not(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    prediction = scan.predictions.get()
    body = computer.read(url(scan.study)).json()
    assert body["state"] == "to_review"
    assert body["network_finding"] == "pneumonia"
    assert body["network_probability"] == pytest.approx(0.7)
    assert "Not a medical device" in body["notice"]
    said = body["films"][0]["prediction"]
    assert said["id"] == str(prediction.public_id)
    assert said["finding"] == "pneumonia"
    assert said["probabilities"] == pytest.approx({"covid19": 0.1, "pneumonia": 0.7, "normal": 0.2})
    assert said["model"] == {"name": "test-network", "version": "1.0.0", "active": True}
    assert body["films"][0]["is_phantom"] is True
    assert body["films"][0]["finished_at"]


def test_a_class_that_the_network_does_not_know_has_no_probability(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    films.predict(scan, p_covid19=None, p_pneumonia=0.75)
    prediction = computer.read(url(scan.study)).json()["films"][0]["prediction"]
    assert prediction["probabilities"] == {"pneumonia": 0.75, "normal": 0.25}


def test_a_refused_film_says_why(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    scan.status, scan.reason_code, scan.reason = ScanStatus.REFUSED, "truncated", "The file is cut off."
    scan.save()
    film = computer.read(url(scan.study)).json()["films"][0]
    assert (film["status"], film["code"], film["message"]) == ("refused", "truncated", "The file is cut off.")


def test_a_scan_that_is_analysed_again_does_not_show_its_old_result(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    scan.status = ScanStatus.QUEUED
    scan.save()
    assert computer.read(url(scan.study)).json()["films"][0]["prediction"] is None
