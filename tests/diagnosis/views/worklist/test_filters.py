"""Search and filters of the worklist."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from diagnosis.models import Decision, Patient, Study
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.views.worklist.page import WORKLIST, studies_in
from tests.films import analysed_scan, queued_scan


def test_search_finds_by_number_by_name_and_by_accession(doctor: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor, number="AB-77").study
    Patient.objects.filter(pk=study.patient_id).update(first_name="Inês", last_name="O'Neil")
    Study.objects.filter(pk=study.pk).update(accession_number="ACC 9")
    analysed_scan(cast.clinic_a, cast.doctor, number="CD-1", seed=1)
    for words in ("ab-7", "inês", "o'neil ab-77", "ACC 9"):
        assert studies_in(doctor, q=words) == [str(study.public_id)], words
    assert studies_in(doctor, q="o'neil nobody") == []
    assert "No study matches" in doctor.get(WORKLIST, {"q": "nobody"}).content.decode()


@pytest.mark.parametrize(
    "sought",
    [
        "Müller, Anna",
        "Mu\u0308ller",
        "MÜLLER",
        "muller",
        "Mueller",
        "Anna Müller",
        '"P-77"',
        "P-77;",
        "p‑77",
        "Ｐ-77",
        "acc-9",
        "ACC–9",
        '"acc-9"',
        "van der",
    ],
)
def test_search_finds_what_people_type(doctor: Client, cast: Cast, sought: str) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor, number="P-77").study
    Patient.objects.filter(pk=study.patient_id).update(first_name="Anna", last_name="van der Müller")
    Study.objects.filter(pk=study.pk).update(accession_number="ACC-9")
    analysed_scan(cast.clinic_a, cast.doctor, number="CD-1", seed=1)
    assert studies_in(doctor, q=sought) == [str(study.public_id)]


@pytest.mark.parametrize(
    ("written", "sought"), [("Mueller", "Müller"), ("Işık", "ISIK"), ("O’Neill", "o'neill")]
)
def test_search_finds_other_spellings_of_a_name(
    doctor: Client, cast: Cast, written: str, sought: str
) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    Patient.objects.filter(pk=study.patient_id).update(last_name=written)
    assert studies_in(doctor, q=sought) == [str(study.public_id)]
    assert studies_in(doctor, q=f"{sought} {sought}x") == []


def test_a_search_that_lost_its_letters_says_so(doctor: Client, cast: Cast) -> None:
    page = doctor.get(f"{WORKLIST}?q=M%FCller").content.decode()
    assert "left out. “Search”: Some letters were lost" in page


def test_a_bad_date_is_called_by_its_label(doctor: Client, cast: Cast) -> None:
    page = doctor.get(WORKLIST, {"taken_from": "31/31"}).content.decode()
    assert "left out. “Taken from”:" in page


def test_search_wildcards_are_plain_characters(doctor: Client, cast: Cast) -> None:
    analysed_scan(cast.clinic_a, cast.doctor)
    assert studies_in(doctor, q="%") == []
    assert studies_in(doctor, q="_") == []


def test_filters_by_state_finding_date_and_who_entered_it(doctor: Client, cast: Cast) -> None:
    mine = analysed_scan(cast.clinic_a, cast.doctor, number="P-1", seed=1)
    others = queued_scan(cast.clinic_a, cast.technician, number="P-2", seed=2)
    reviewed = analysed_scan(cast.clinic_a, cast.technician, number="P-3", seed=3)
    review.sign_off(
        scan=reviewed,
        prediction=reviewed.predictions.get(),
        doctor=cast.doctor,
        decision=Decision.CHANGE,
        finding="normal",
    )
    Study.objects.filter(pk=others.study_id).update(taken_at=datetime(2025, 5, 5, 23, 59, tzinfo=UTC))
    key = {name: str(scan.study.public_id) for name, scan in [("m", mine), ("o", others), ("r", reviewed)]}
    assert studies_in(doctor, state="waiting") == [key["o"]]
    assert studies_in(doctor, finding="normal") == [key["r"]]
    assert set(studies_in(doctor, finding="pneumonia")) == {key["m"], key["r"]}
    assert set(studies_in(doctor, entered="on")) == {key["m"]}
    assert studies_in(doctor, taken_from="2025-05-05", taken_to="2025-05-05") == [key["o"]]
    assert studies_in(doctor, taken_to="2025-05-04") == []


@pytest.mark.parametrize(
    "query",
    [
        {"state": "nonsense"},
        {"taken_from": "31/31"},
        {"taken_to": "9999-12-31"},
        {"q": "\x00"},
        {"entered": "?"},
        {"tab": "nonsense"},
        {"sort": "nonsense"},
    ],
)
def test_a_filter_without_sense_is_left_out(doctor: Client, cast: Cast, query: dict[str, str]) -> None:
    analysed_scan(cast.clinic_a, cast.doctor)
    assert doctor.get(WORKLIST, query).status_code == 200
