"""What a clinic's computer reads about its studies, and what nobody else does."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from diagnosis.api.serializers import PredictionSerializer
from diagnosis.cnn.uncertainty import uncertainty
from diagnosis.models import Decision, Finding, Prediction, Review, ScanStatus
from diagnosis.services.review import sign_off
from tests import films
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer


def url(study) -> str:
    return reverse("api_study_detail", args=[study.public_id])


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


def test_the_doctors_review_is_told(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    Review.objects.create(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=cast.doctor,
        decision=Decision.CHANGE,
        finding=Finding.NORMAL,
        note="Clothing fold",
    )
    review = computer.read(url(scan.study)).json()["films"][0]["review"]
    assert (review["decision"], review["finding"]) == ("change", "normal")
    assert (review["doctor"], review["note"]) == (str(cast.doctor), "Clothing fold")


def test_a_class_that_the_network_does_not_know_has_no_probability(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    films.predict(scan, p_covid19=None, p_pneumonia=0.75)
    prediction = computer.read(url(scan.study)).json()["films"][0]["prediction"]
    assert prediction["probabilities"] == {"pneumonia": 0.75, "normal": 0.25}


def test_a_review_of_an_earlier_result_does_not_pass_for_one_of_the_newest(
    cast: Cast, computer: Computer
) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    seen = scan.predictions.get()
    sign_off(scan=scan, prediction=seen, doctor=cast.doctor, decision=Decision.AGREE)
    film = computer.read(url(scan.study)).json()["films"][0]
    assert film["review"]["prediction"] == film["prediction"]["id"] == str(seen.public_id)
    films.promoted("2.0.0")
    films.predict(scan, p_covid19=0.8, p_pneumonia=0.1, version="2.0.0")
    film = computer.read(url(scan.study)).json()["films"][0]
    assert film["review"]["prediction"] == str(seen.public_id) != film["prediction"]["id"]


def test_no_answer_with_patient_data_is_kept_on_the_way(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    assert computer.read(url(scan.study)).headers["Cache-Control"] == "private, no-store"


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


def test_reading_is_on_record(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    computer.read(url(scan.study))
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.actor) == ("study.viewed", f"token:{computer.token.prefix}")
    assert event.study_id == str(scan.study.public_id)


def test_another_clinics_study_is_not_found_and_the_try_is_not_a_view(
    cast: Cast, their_computer: Computer
) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    response = their_computer.read(url(scan.study))
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert not AuditEvent.objects.filter(action="study.viewed").exists()


def test_the_number_of_queries_does_not_grow_with_the_films(
    cast: Cast, computer: Computer, django_assert_max_num_queries
) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    for seed in range(1, 6):
        other = films.analysed_scan(cast.clinic_a, cast.doctor, seed=seed)
        other.study = scan.study
        other.save()
    computer.read(url(scan.study))
    with django_assert_max_num_queries(14):
        assert len(computer.read(url(scan.study)).json()["films"]) == 6


def test_after_a_rollback_the_active_networks_result_is_told(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    films.promoted("2.0.0")
    films.predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    said = computer.read(url(scan.study)).json()["films"][0]["prediction"]["model"]
    assert (said["version"], said["active"]) == ("2.0.0", True)
    films.promoted("1.0.0")
    said = computer.read(url(scan.study)).json()["films"][0]["prediction"]["model"]
    assert (said["version"], said["active"]) == ("1.0.0", True)
    films.promoted("3.0.0")
    said = computer.read(url(scan.study)).json()["films"][0]["prediction"]["model"]
    assert (said["version"], said["active"]) == ("2.0.0", False)


def test_a_result_says_how_far_its_answer_wobbles(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    films.predict(scan, p_covid19=0.1, p_pneumonia=0.7, looks=(0.75, 0.2))
    body = computer.read(url(scan.study)).json()
    said = body["films"][0]["prediction"]
    assert said["uncertainty"]["p_abnormal"] == pytest.approx([0.8, 0.75, 0.2])
    assert (said["uncertainty"]["low"], said["uncertainty"]["high"]) == pytest.approx((0.2, 0.8))
    assert said["uncertainty"]["crosses_threshold"] is True
    assert said["uncertainty"]["averaged"] is False
    assert said["uncertainty"]["unfamiliar"] is False
    assert said["triage"] == body["network_triage"] == "unsure", "a person reads first"


def test_a_result_from_before_anybody_asked_does_not_say_whether_its_film_is_familiar() -> None:
    told = uncertainty([0.8, 0.75, 0.7], ["pathological"] * 3, averaged=False)
    said = PredictionSerializer().get_uncertainty(Prediction(uncertainty=told))
    assert said == told
    said = PredictionSerializer().get_uncertainty(Prediction(uncertainty=told | {"unfamiliar": True}))
    assert said == told | {"unfamiliar": True}


def test_a_result_from_before_has_no_uncertainty(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    assert computer.read(url(scan.study)).json()["films"][0]["prediction"]["uncertainty"] is None
