"""Films that the clinic has already are told apart from new ones."""

from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import Patient, Scan, ScanStatus, Study
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.submit.made import assert_problem
from tests.films import model_version, promoted


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
    scan = Scan.objects.get()
    again = AuditEvent.objects.get(action="scan.received_again")
    assert (again.subject, again.facts["sha256"]) == (f"scan:{scan.public_id}", scan.sha256)
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


def test_a_refused_film_sent_again_is_read_by_another_network(computer: Computer, film) -> None:
    network = model_version("1.0.0")
    first = computer.submit(film(1)).json()
    Scan.objects.update(status=ScanStatus.REFUSED, refused_by=network, finished_at=timezone.now())
    again = computer.submit(film(1))
    assert (again.status_code, Scan.objects.get().status) == (200, ScanStatus.REFUSED)
    assert "ask it again" in again.json()["films"][0]["message"]
    promoted("2.0.0")
    again = computer.submit(film(1))
    assert (again.json()["id"], Scan.objects.get().status) == (first["id"], ScanStatus.QUEUED)
    assert "another network is active" in again.json()["films"][0]["message"]
