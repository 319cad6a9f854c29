"""Page, report, API and command say the same of a film that nobody measured here, and decide nothing."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import AuditEvent, User
from diagnosis.models import Finding, OperatingPoint, Prediction, Review, Scan, Study
from diagnosis.services import limits, review, standing, worklist
from diagnosis.views.contexts.wording import happening
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of, what_is_shown
from tests.diagnosis.views.pages import text_of as text_of_page
from tests.diagnosis.views.report.pages import text_of
from tests.films import accepted, keep, model_version, phantom_png, predict, promoted, queued_scan

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


def test_no_list_says_a_finding_that_nobody_measured_here(
    doctor: Client, administrator: Client, scan: Scan
) -> None:
    earlier = scan.study
    later = queued_scan(scan.clinic, earlier.created_by, seed=1)
    review.sign_off(scan=later, prediction=None, doctor=earlier.created_by, decision="read", finding="other")
    Study.objects.update(urgent=True)  # their place is not by score
    for study in Study.objects.all():
        worklist.refresh(worklist.lock(study.pk))
    pages = [
        text_of_page(doctor.get(address))
        for address in (
            "/worklist/?state=to_review",
            f"/patients/{earlier.patient.public_id}/",
            f"/studies/{later.study.public_id}/",
        )
    ]
    pages.append(text_of_page(administrator.get("/admin/diagnosis/study/")))
    for page in pages:
        assert re.search(f"Unsure,? {MARK}", page)
        assert not re.search(r"(Network: |Unsure )(Normal|Pneumonia)|(Normal|Pneumonia) 95 %", page)
    for finding in ("normal", "pneumonia"):
        assert str(earlier.public_id) not in doctor.get(f"/worklist/?finding={finding}").content.decode()


def test_no_list_compares_a_doctors_word_with_what_was_not_told(
    doctor: Client, cast: Cast, scan: Scan
) -> None:
    prediction = Prediction.objects.get()
    named = "normal" if prediction.p_normal > 0.5 else "pneumonia"
    review.sign_off(scan=scan, prediction=prediction, doctor=cast.doctor, decision="read", finding=named)
    other = queued_scan(cast.clinic_a, cast.doctor, seed=1)
    signed = predict(other, p_covid19=0.0, p_pneumonia=0.5, limits=None)
    review.sign_off(scan=other, prediction=signed, doctor=cast.doctor, decision="read", finding="covid19")
    for address in ("/worklist/?state=reviewed", f"/patients/{scan.study.patient.public_id}/"):
        page = text_of_page(doctor.get(address))
        assert "COVID-19" in page
        assert dict(Finding.choices)[named] in page
        assert not re.search("agrees|≠ differs", page)


def test_the_record_of_an_analysis_names_no_finding(scan: Scan) -> None:
    facts = {"finding": "normal", "triage": "unsure", "model": "N 1", "standing": "probation"}
    event = AuditEvent(action="scan.analysed", facts=facts, at=timezone.now(), subject="scan:x", sequence=1)
    assert happening(event, {}, {}).text == f"analysed a film with N 1: unsure ({MARK})"
    event.facts = {**facts, "standing": "here"}
    assert happening(event, {}, {}).text == "analysed a film with N 1: normal, unsure"


def test_limits_withdrawn_are_named_in_the_list(doctor: Client, cast: Cast) -> None:
    film = queued_scan(cast.clinic_a, cast.doctor)
    prediction = predict(film, p_covid19=0.0, p_pneumonia=0.05)
    limits.withdraw(point=prediction.limits, person=cast.doctor, reason="Wrong films")
    assert "Unsure limits withdrawn" in text_of_page(doctor.get("/worklist/")), "at once"
    limits.put_in_order(seconds=5)
    assert "Unsure abnormal 5 % limits withdrawn" in text_of_page(doctor.get("/worklist/"))


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
    assert said["finding"] == ""
    assert (body["network_finding"], body["network_probability"]) == ("", None)
    assert (body["network_triage"], body["network_standing"]) == ("unsure", "probation")


def test_the_administration_tells_nobody_what_the_card_decides(administrator: Client, scan: Scan) -> None:
    page = administrator.get("/admin/diagnosis/prediction/").content.decode()
    assert "Not yet measured here" in page
    for word in ("Pathological</td>", "Normal</td>", "Pneumonia</td>"):
        assert word not in page
    assert "Unsure</td>" in page


def review_form(client: Client, scan: Scan) -> str:
    page = client.get(f"/studies/{scan.study.public_id}/").content.decode()
    return page[page.index(f'action="/studies/{scan.study.public_id}/sign/') :].partition("</form>")[0]


def withdrawn(scan: Scan, by: User) -> None:
    """The same film as if it had been told by limits that do not count any more."""
    point = accepted(scan.clinic, model_version())
    QuerySet.update(Prediction.objects.all(), limits=point)
    limits.withdraw(point=OperatingPoint.objects.get(), person=by, reason="Wrong films")


@pytest.mark.parametrize("why", ["probation", "withdrawn"])
def test_the_form_asks_for_the_finding_and_suggests_none(
    doctor: Client, cast: Cast, scan: Scan, why: str
) -> None:
    if why == "withdrawn":
        withdrawn(scan, cast.doctor)
    form = review_form(doctor, scan)
    assert "agrees with" not in form
    assert "likeliest" not in form
    offered = re.findall(r'name="finding" value="(\w+)"', form)
    assert offered == [*Finding.values, "reject"], "the likeliest class is one of all"
    assert "checked" not in form.partition('id="id_sign_further"')[0]


def test_a_finding_is_named_or_nothing_is_signed(doctor: Client, scan: Scan) -> None:
    address, shown = f"/scans/{scan.public_id}/review/", what_is_shown(scan)
    unnamed = doctor.post(address, {**shown, "decision": "read", "finding": ""})
    assert (unnamed.status_code, Review.objects.count()) == (422, 0)
    assert "Choose the finding that you see." in unnamed.content.decode()
    for decision in ("agree", "change"):  # of a page opened before
        old = doctor.post(address, {**shown, "decision": decision, "finding": "other"})
        assert (old.status_code, Review.objects.count()) == (422, 0)
        assert "the network names no finding to agree with" in old.content.decode()
        assert '<option value="other" selected>' in old.content.decode(), "what was chosen is kept"
    doctor.post(address, {**shown, "decision": "read", "finding": "normal"})
    signed = Review.objects.get()
    assert (signed.decision, signed.finding, signed.prediction) == (
        "read",
        "normal",
        Prediction.objects.get(),
    )
    page = page_of(doctor, scan)
    assert "Doctor Test names the finding: Normal" in page
    assert "signed a review of film 1: names the finding (normal)" in page
    assert "without the network" not in page


def test_agreeing_while_limits_are_withdrawn_signs_nothing(cast: Cast) -> None:
    film = queued_scan(cast.clinic_a, cast.doctor)
    shown = Prediction.objects.select_related("limits").get(pk=predict(film, p_pneumonia=0.05).pk)
    assert shown.shown_finding is not None, "as the doctor's request read it"
    limits.withdraw(point=OperatingPoint.objects.get(), person=cast.doctor, reason="Wrong films")
    with pytest.raises(review.ResultChanged, match="No limits count"):
        review.sign_off(scan=film, prediction=shown, doctor=cast.doctor, decision="agree")
    assert not Review.objects.exists()


def test_an_earlier_result_names_no_finding_either(doctor: Client, scan: Scan) -> None:
    promoted("2.0.0")
    predict(scan, p_covid19=0.0, p_pneumonia=0.5, version="2.0.0", limits=None)
    page = page_of(doctor, scan)
    assert re.search(rf"test-network 1\.0\.0 {MARK} ", page)


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
    assert "the network sees" not in out.getvalue()
    out = io.StringIO()
    call_command("analyse", path, "--no-gate", "--json", stdout=out)
    record = json.loads(out.getvalue())
    assert (record["told_triage"], record["standing_text"]) == ("unsure", MARK)
