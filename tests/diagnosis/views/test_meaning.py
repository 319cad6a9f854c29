"""What a score has meant in a clinic: by studies, outcomes first, told from 30 on, never on probation."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models import FirstRead, ModelVersion, Prediction, Scan, ScoreMeaning
from diagnosis.services import meaning, outcomes
from tests.conftest import Cast
from tests.diagnosis.signed_films import signed_films
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan, predict, queued_scan


def counted(clinic: Clinic) -> list[dict[str, int]]:
    version = ModelVersion.objects.get(active=True)
    return list(meaning.count(clinic=clinic, model_version=version).bands)


def test_studies_are_counted_by_their_score_and_an_outcome_counts_before_the_signature(cast: Cast) -> None:
    signed_films(cast.clinic_a, cast.doctor, normal=[0.05, 0.85], abnormal=[0.81, 0.89, 0.9])
    signed_films(cast.clinic_b, cast.stranger, normal=[0.85], abnormal=[])
    found = counted(cast.clinic_a)
    assert (found[8]["read"], found[8]["confirmed"]) == (3, 2)
    assert (found[9]["read"], found[0]["read"], found[8]["blind_read"]) == (1, 1, 0)
    overcalled = Prediction.objects.get(scan__clinic=cast.clinic_a, p_pneumonia=0.89).scan.study
    entered = outcomes.enter(
        study=overcalled, by=cast.technician, kind="ct", on=timezone.localdate(), confirms="normal"
    )
    assert counted(cast.clinic_a)[8]["confirmed"] == 1
    outcomes.enter(
        study=overcalled, by=cast.doctor, kind="ct", on=timezone.localdate(), corrects=entered, mistaken=True
    )
    assert counted(cast.clinic_a)[8]["confirmed"] == 2, "taken back"


def test_blind_words_are_counted_once_more_for_themselves(cast: Cast) -> None:
    signed_films(cast.clinic_a, cast.doctor, normal=[0.85], abnormal=[0.86, 0.87])
    blind, seen = (Prediction.objects.get(p_pneumonia=score).scan.study for score in (0.86, 0.87))
    for study, before in ((blind, False), (seen, True)):
        FirstRead.objects.create(
            study=study, doctor=cast.doctor, stage="first", finding="normal", seen_before=before,
            opened_at=timezone.now(),
        )  # fmt: skip
    band = counted(cast.clinic_a)[8]
    assert (band["read"], band["confirmed"]) == (3, 2)
    assert (band["blind_read"], band["blind_confirmed"]) == (1, 0), "the word before the answer"


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)  # 80 % abnormal


def test_the_page_tells_the_share_with_its_exact_interval_from_30_on(
    doctor: Client, cast: Cast, scan: Scan
) -> None:
    page = f"/studies/{scan.study.public_id}/"
    assert "not enough reads here ( n = 0 )" in text_of(doctor.get(page)).replace("(n = 0)", "( n = 0 )")
    row = ScoreMeaning(clinic=cast.clinic_a, model_version=scan.predictions.get().model_version)
    none = dict.fromkeys(("read", "confirmed", "blind_read", "blind_confirmed"), 0)
    row.bands = [none] * 8 + [{"read": 200, "confirmed": 126, "blind_read": 29, "blind_confirmed": 20}, none]
    row.save()
    told = text_of(doctor.get(page))
    assert "Of 200 signed studies here" in told
    assert "63 % were confirmed abnormal" in told
    assert "56 % to 70 %" in told
    assert "n = 29" in told


def test_on_probation_nothing_is_told_that_a_signature_could_lean_on(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.technician)
    predict(scan, limits=None)
    page = text_of(doctor.get(f"/studies/{scan.study.public_id}/"))
    assert "meant here" not in page
    assert "signed studies here" not in page
    assert meaning.here(scan.predictions.get()) is None


def test_every_clinic_is_counted_those_longest_ago_first(cast: Cast, scan: Scan) -> None:
    assert meaning.count_all(seconds=5) == 2
    assert ScoreMeaning.objects.count() == 2
    assert meaning.count_all(seconds=-1) == 0
