"""The doctor's review is told, and about which result it was."""

from diagnosis.models import Decision, Finding, Review
from diagnosis.services.review import sign_off
from tests import films
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.read.address import url


def test_the_doctors_review_is_told(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    Review.objects.create(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=cast.doctor,
        decision=Decision.CHANGE,
        finding=Finding.NORMAL,
        note="Clothing fold",
        signed_name="Ada Then",
        signed_licence="A-0",
    )
    review = computer.read(url(scan.study)).json()["films"][0]["review"]
    assert (review["decision"], review["finding"]) == ("change", "normal")
    assert (review["doctor"], review["licence"]) == ("Ada Then", "A-0"), "those of the day of signing"
    assert (review["doctor_now"], review["note"]) == (str(cast.doctor), "Clothing fold")


def test_a_reading_without_the_network_is_told(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    sign_off(scan=scan, prediction=None, doctor=cast.doctor, decision=Decision.READ, finding=Finding.COVID19)
    study = computer.read(url(scan.study)).json()
    review = study["films"][0]["review"]
    assert (review["prediction"], review["decision"], review["finding"]) == (None, "read", "covid19")
    assert (study["state"], study["doctor_finding"]) == ("reviewed", "covid19")


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
