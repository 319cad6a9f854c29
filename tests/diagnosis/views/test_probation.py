"""Page, report, API and command say the same of a film that nobody measured here, and decide nothing."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts import tokens
from diagnosis.models import Prediction, Scan
from diagnosis.services import standing
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of
from tests.diagnosis.views.report.pages import text_of
from tests.films import keep, phantom_png, predict, queued_scan

MARK = "not yet measured here"


@pytest.fixture(params=[0.05, 0.95], ids=["normal by the card", "pathological by the card"])
def scan(request: pytest.FixtureRequest, cast: Cast) -> Scan:
    """A film of a person on probation, about which the network's card would decide."""
    film = queued_scan(cast.clinic_a, cast.doctor)
    predict(film, p_covid19=0.0, p_pneumonia=request.param, looks=(0.04, 0.96), limits=None)
    Scan.objects.update(is_phantom=False)
    film.refresh_from_db()
    return film


def test_the_page_marks_every_number_and_suggests_nothing(doctor: Client, scan: Scan) -> None:
    page = page_of(doctor, scan)
    assert f"Unsure · abnormal {'5' if 'abnormal 5 %' in page else '95'} %, {MARK}" in page
    assert f"Heatmap, {MARK}" in page
    assert f"The network’s estimate, {MARK}" in page
    assert "No suggestion: a doctor reads this film" in page
    assert standing.ON_PROBATION in page
    assert "No limits count here" in page
    for word in ("Suggested", "home, await PCR", "admit, PCR", "both sides of the network’s limits"):
        assert word not in page


def test_the_worklist_says_unsure_and_why(doctor: Client, scan: Scan) -> None:
    page = doctor.get("/worklist/").content.decode()
    assert "tri-unsure" in page
    assert MARK in page
    assert "tri-normal" not in page
    assert "tri-pathological" not in page


def test_the_report_says_it_on_paper(doctor: Client, scan: Scan) -> None:
    page = text_of(doctor, scan.study)
    assert MARK in page
    assert standing.ON_PROBATION in page
    assert "Suggested" not in page


def test_a_computer_is_told_the_same(cast: Cast, client: Client, scan: Scan) -> None:
    _, key = tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator)
    body: Any = client.get(
        f"/api/v1/studies/{scan.study.public_id}/", headers={"Authorization": f"Token {key}"}
    ).json()
    said = body["films"][0]["prediction"]
    assert (said["triage"], said["standing"]) == ("unsure", "probation")
    assert said["standing_text"] == standing.ON_PROBATION
    assert "crosses_threshold" not in said["uncertainty"]
    assert (body["network_triage"], body["network_standing"]) == ("unsure", "probation")


def test_the_administration_tells_nobody_what_the_card_decides(administrator: Client, scan: Scan) -> None:
    page = administrator.get("/admin/diagnosis/prediction/").content.decode()
    assert "Not yet measured here" in page
    assert "Pathological</td>" not in page
    assert "Unsure</td>" in page


def test_a_doctor_agrees_with_the_finding_on_the_page(doctor: Client, scan: Scan) -> None:
    prediction = Prediction.objects.get()
    likeliest = "Normal" if prediction.p_normal > 0.5 else "Pneumonia"
    assert f"Agree: {likeliest}" in page_of(doctor, scan)


def test_the_page_names_who_accepted_limits_from_elsewhere(doctor: Client, cast: Cast) -> None:
    film = queued_scan(cast.clinic_a, cast.doctor)
    predict(film, p_covid19=0.0, p_pneumonia=0.95)
    Scan.objects.update(is_phantom=False)
    page = page_of(doctor, film)
    assert "Limits from elsewhere, accepted by Olu Operator on " in page
    assert "Suggested: admit, PCR" in page
    assert MARK not in page


def test_the_command_says_it_in_the_same_words(db: None) -> None:
    film = str(Path(keep("film.png", phantom_png())))
    from django.conf import settings

    path = str(Path(settings.DATA_DIR) / film)
    out = io.StringIO()
    call_command("analyse", path, "--no-gate", stdout=out)
    assert f"triage unsure ({MARK})" in out.getvalue()
    out = io.StringIO()
    call_command("analyse", path, "--no-gate", "--json", stdout=out)
    record = json.loads(out.getvalue())
    assert (record["told_triage"], record["standing_text"]) == ("unsure", MARK)
