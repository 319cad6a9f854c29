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
    )
    review = computer.read(url(scan.study)).json()["films"][0]["review"]
    assert (review["decision"], review["finding"]) == ("change", "normal")
    assert (review["doctor"], review["note"]) == (str(cast.doctor), "Clothing fold")


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
