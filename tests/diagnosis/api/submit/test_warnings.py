"""A computer is told what looks like a mistake and was taken all the same."""

from datetime import date
from typing import Any

from diagnosis.models import Patient, Scan
from tests.diagnosis.api.conftest import Computer
from tests.films import predict


def codes(answer: Any) -> list[str]:
    return [warning["code"] for warning in answer.json()["warnings"]]


def test_a_new_patient_who_looks_like_another_is_told_and_again_in_a_repeat(
    computer: Computer, film: Any
) -> None:
    assert codes(computer.submit(film(1), number="7", accession_number="A-1")) == []
    answer = computer.submit(film(2), number="007", accession_number="a-1", key="k")
    assert answer.status_code == 201
    assert codes(answer) == ["number_looks_alike", "accession_number_used"]
    again = computer.submit(film(2), number="007", accession_number="a-1", key="k")
    assert again.json()["warnings"] == answer.json()["warnings"]
    assert codes(computer.submit(film(3), number="007")) == [], "of a known patient it was told before"
    assert codes(computer.read(answer.json()["url"])) == ["accession_number_used"]


def test_the_same_picture_in_another_file_is_told_when_it_was_analysed(computer: Computer, film: Any) -> None:
    urls = [computer.submit(film(seed), number=f"P-{seed}").json()["url"] for seed in (1, 2)]
    for scan in Scan.objects.all():
        predict(scan, picture="chest")
    assert [codes(computer.read(url)) for url in urls] == [["same_picture"], ["same_picture"]]


def test_the_same_name_and_birth_date_are_told(computer: Computer, film: Any) -> None:
    facts = {"patient_last_name": "O'Neill", "patient_birth_date": "1970-01-01"}
    computer.submit(film(1), number="1", **facts)
    assert codes(computer.submit(film(2), number="22", **facts)) == ["same_person"]
    assert Patient.objects.filter(birth_date=date(1970, 1, 1)).count() == 2
