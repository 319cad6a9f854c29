"""Whoever may yet read a film blind learns from no page what the network in use says of it."""

import pytest
from django.db.models import QuerySet
from django.test import Client

from diagnosis.models import Prediction, Scan, Study
from diagnosis.services import worklist
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan, predict, queued_scan
from tests.shadows import named_candidate, shadowed
from tests.test_shadow_leaks import CHANGES

SAID = ({"p_covid19": 0.01, "p_pneumonia": 0.02}, {"p_covid19": 0.9, "p_pneumonia": 0.07})


@pytest.fixture
def scan(cast: Cast) -> Scan:
    """A film that waits for a blind read, of a patient with another study that does not."""
    scan = analysed_scan(cast.clinic_a, cast.technician)
    predict(queued_scan(cast.clinic_a, cast.technician, seed=1))
    shadowed(scan, named_candidate())
    return scan


def say(scan: Scan, p_covid19: float, p_pneumonia: float) -> None:
    """The same film with another answer; the order of the list stays, which is nobody's alone."""
    p_normal = 1 - p_covid19 - p_pneumonia
    finding, triage = ("normal", "normal") if p_normal > 0.5 else ("covid19", "pathological")
    QuerySet.update(
        Prediction.objects.filter(scan=scan),
        p_covid19=p_covid19,
        p_pneumonia=p_pneumonia,
        p_normal=p_normal,
        told_finding=finding,
        told_triage=triage,
    )
    worklist.refresh(worklist.lock(scan.study_id))
    Study.objects.update(rank=worklist.RANK_UNSURE, changed_at=scan.received_at)


def pages(scan: Scan) -> list[str]:
    """Every address that says something of a film's result."""
    study, other = scan.study, Study.objects.exclude(pk=scan.study_id).get()
    return [
        "/worklist/",
        "/worklist/?finding=covid19",
        f"/patients/{study.patient.public_id}/",
        f"/studies/{other.public_id}/",  # names this one among the prior studies
        f"/studies/{study.public_id}/",
        f"/studies/{study.public_id}/report/",
    ]


def answer(client: Client, path: str) -> str:
    return CHANGES.sub("", client.get(path).content.decode())


def test_no_page_differs_with_the_networks_answer(doctor: Client, technician: Client, scan: Scan) -> None:
    for path in pages(scan):
        for client in (doctor, technician):
            client.get(path)  # who looked is on record from now on
        told: dict[str, list[str]] = {"doctor": [], "technician": []}
        for said in SAID:
            say(scan, **said)
            told["doctor"].append(answer(doctor, path))
            told["technician"].append(answer(technician, path))
        assert told["doctor"][0] == told["doctor"][1], path
        assert told["technician"][0] != told["technician"][1], f"{path}: the answer is for everybody else"


def test_the_heatmap_is_not_there_until_the_word_is_given(doctor: Client, scan: Scan) -> None:
    heatmap = f"/predictions/{scan.predictions.get().public_id}/heatmap/"
    assert doctor.get(heatmap).status_code == 404
    doctor.post(f"/blind-reads/{scan.public_id}/word/", {"word": "normal"})
    assert doctor.get(heatmap).status_code == 200
    assert "Pneumonia" in text_of(doctor.get(f"/studies/{scan.study.public_id}/"))
    assert "to be read blind" not in text_of(doctor.get("/worklist/"))


def test_a_doctor_reads_this_very_film_blind_or_opens_its_study(doctor: Client, scan: Scan) -> None:
    page = doctor.get(f"/studies/{scan.study.public_id}/?state=to_review")
    assert "waits for your blind read" in text_of(page)
    blind = doctor.get(f"/blind-reads/?film={scan.public_id}")
    assert f"/blind-reads/{scan.public_id}/film/" in blind.content.decode()
    assert doctor.get("/blind-reads/?film=nothing").status_code == 200
    opened = doctor.get(page.context["opened"])
    assert opened.context["list"] == "?state=to_review", "the narrowed list goes on"
    assert "Your finding" in text_of(opened)
    assert "waits for your blind read" not in text_of(doctor.get(f"/studies/{scan.study.public_id}/"))
    assert "Nothing to read blind" in text_of(doctor.get("/blind-reads/")), "the film is a colleague's now"


def test_no_paper_tells_a_blind_reader_the_answer_before_they_open_the_study(
    doctor: Client, scan: Scan
) -> None:
    draft = f"/studies/{scan.study.public_id}/report/draft/"
    assert doctor.get(draft)["Content-Type"].startswith("text/html")
    assert doctor.get(draft, {"open": "1"})["Content-Type"] == "application/pdf"
