"""Films that the clinic has already are told apart from new ones."""

from diagnosis.models import Patient, Scan, Study
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.submit.made import assert_problem


def test_a_repeat_without_a_key_makes_no_second_study(computer: Computer, film) -> None:
    first = computer.submit(film(1), film(2))
    again = computer.submit(film(1), film(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert {one["outcome"] for one in again.json()["films"]} == {"duplicate"}
    assert Study.objects.count() == 1


def test_films_of_another_patient_are_not_taken_for_this_one(computer: Computer, film) -> None:
    computer.submit(film(1), number="P-1")
    body = assert_problem(computer.submit(film(1), number="P-2"), 409, "films_on_record")
    assert body["films"][0]["outcome"] == "other_patient"
    assert "another patient" in body["films"][0]["message"]
    assert list(Patient.objects.values_list("number", flat=True)) == ["P-1"]


def test_beside_a_new_film_that_of_another_patient_is_told_apart_from_a_repeat(
    computer: Computer, film
) -> None:
    computer.submit(film(1), number="P-1")
    sent = computer.submit(film(1), film(2), number="P-2")
    assert [one["outcome"] for one in sent.json()["films"]] == ["other_patient", "received"]
    assert Scan.objects.filter(study__patient__number="P-2").count() == 1


def test_a_new_film_beside_a_known_one_makes_a_study_of_the_new_one(computer: Computer, film) -> None:
    first = computer.submit(film(1)).json()
    second = computer.submit(film(1), film(2)).json()
    assert [one["outcome"] for one in second["films"]] == ["duplicate", "received"]
    assert [one["study"] for one in second["films"]] == [first["id"], second["id"]]
    assert Study.objects.get(public_id=second["id"]).scans.count() == 1
