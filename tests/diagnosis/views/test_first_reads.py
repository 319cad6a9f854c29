"""A doctor's first word is asked before anything of the network reaches their browser, and both are kept."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import (
    CriticalResult,
    FirstRead,
    ModelVersion,
    Prediction,
    ReadingRules,
    Review,
    Scan,
    Study,
    StudyState,
)
from diagnosis.services import outcomes, reading_rules, review, worklist
from diagnosis.services.reading_rules import Wanted
from tests.access_table import ACTORS, TABLE
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan, predict, queued_scan, refused_scan
from tests.test_access import World, world
from tests.test_shadow_leaks import CHANGES, NOBODYS

__all__ = ["world"]

SAID = ({"p_covid19": 0.0123, "p_pneumonia": 0.0234}, {"p_covid19": 0.9137, "p_pneumonia": 0.0613})
RULES = "/reading-rules/"


def wanted(**chosen: object) -> Wanted:
    standard = {
        "blind_first": True,
        "second_share": 0,
        "second_on_difference": False,
        "urgent_minutes": 30,
        "routine_minutes": 240,
        "mails_overdue": False,
    }
    return Wanted(**standard | chosen)  # type: ignore[arg-type]


def read_blind(cast: Cast) -> None:
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=wanted())


@pytest.fixture
def scan(cast: Cast) -> Scan:
    read_blind(cast)
    return analysed_scan(cast.clinic_a, cast.technician)


def say(scan: Scan, p_covid19: float, p_pneumonia: float) -> None:
    """The same film with another answer."""
    p_normal = 1 - p_covid19 - p_pneumonia
    finding, triage = ("normal", "normal") if p_normal > 0.5 else ("covid19", "pathological")
    QuerySet.update(
        Prediction.objects.filter(scan=scan),
        p_covid19=p_covid19, p_pneumonia=p_pneumonia, p_normal=p_normal,
        finding=finding, triage=triage, told_finding=finding, told_triage=triage,
    )  # fmt: skip
    worklist.refresh(worklist.lock(scan.study_id))
    Study.objects.update(changed_at=scan.received_at)


def answer(world: World, path: str, actor: str, said: dict[str, float]) -> str:
    client = Client()
    client.cookies = world.clients[actor].cookies.copy()
    cache.clear()
    with transaction.atomic():
        say(Scan.objects.get(), **said)
        response = client.get(path)
        parts = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    text = parts.decode("utf-8", "replace")
    for number in ("91", "0.9137", "0.0613"):
        assert actor != "doctor" or f"{number} %" not in text, path
    return f"{response.status_code} {CHANGES.sub('', text)}"


def words(text: str) -> str:
    """Without the signed time of the form, which is another one each time."""
    start, _, rest = text.partition('name="opened" value="')
    return start + rest.partition('"')[2]


@pytest.mark.slow
def test_no_address_differs_with_the_networks_answer(world: World) -> None:
    """Every address, as the doctor; the technician's answers show that the numbers were there."""
    read_blind(world.cast)
    ModelVersion.objects.update(candidate=None)  # whose blind reads would hide the answer, too
    CriticalResult.objects.all().delete()
    Review._base_manager.all()._raw_delete("default")  # nobody has read the study yet
    differing: dict[str, list[str]] = {"doctor": [], "technician": []}
    for row in TABLE.values():
        path = "/" + row.path.format(**world.values)
        for actor, found in differing.items():
            if row.path.startswith(NOBODYS) or row.get[ACTORS.index(actor)] not in "IRH":
                continue
            told = [words(answer(world, path, actor, said)) for said in SAID]
            if told[0] != told[1]:
                found.append(path)
    assert differing["doctor"] == []
    assert len(differing["technician"]) >= 5


def test_forms_that_are_refused_show_no_answer_either(doctor: Client, scan: Scan) -> None:
    for path, sent in (
        (f"/studies/{scan.study.public_id}/cancel/", {"reason": ""}),
        (f"/scans/{scan.public_id}/review/", {"decision": "agree"}),
        (f"/scans/{scan.public_id}/move/", {}),
    ):
        told = []
        for said in SAID:
            say(scan, **said)
            told.append(words(CHANGES.sub("", doctor.post(path, sent, follow=True).content.decode())))
        assert told[0] == told[1], path
        assert "What do you see?" in told[0], path
    assert not Review.objects.exists()


def test_the_list_is_in_an_order_that_tells_nothing(cast: Cast, doctor: Client, scan: Scan) -> None:
    worse = queued_scan(cast.clinic_a, cast.technician, number="P-2", seed=1)
    predict(worse, p_covid19=0.95, p_pneumonia=0.02)
    later, sooner = Study.objects.get(pk=worse.study_id), Study.objects.get(pk=scan.study_id)
    assert (later.rank, later.place) == (sooner.rank, sooner.place), "the longest wait first"
    page = text_of(doctor.get("/worklist/"))
    assert page.count("to be read blind") == 2
    assert "2 to review" in page, "that studies wait is told, if not under which tab"
    for finding in ("covid19", "pneumonia", "normal"):
        assert "No study matches" in text_of(doctor.get("/worklist/", {"finding": finding}))


def test_the_order_is_forgotten_when_the_rule_begins_and_found_again_after_it(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.technician)
    predict(scan, p_covid19=0.95, p_pneumonia=0.02)
    study = Study.objects.get(pk=scan.study_id)
    assert study.rank == worklist.RANK_PATHOLOGICAL
    read_blind(cast)
    study.refresh_from_db()
    assert study.rank == worklist.RANK_UNSURE
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=wanted(blind_first=False))
    assert reading_rules.put_in_order(seconds=5) == 1
    study.refresh_from_db()
    assert study.rank == worklist.RANK_PATHOLOGICAL
    assert reading_rules.put_in_order(seconds=5) == 0


def test_the_first_word_is_kept_with_zones_and_times_then_the_answer_is_shown(
    doctor: Client, scan: Scan, cast: Cast
) -> None:
    page = doctor.get(f"/studies/{scan.study.public_id}/")
    assert "Pneumonia" in text_of(page)  # to choose
    assert "70" not in text_of(page)
    opened = page.context["form"]["opened"].value()
    sent = {"finding": "covid19", "opened": opened, "zone_A": "2", "zone_B": "0"}
    shown = doctor.post(f"/studies/{scan.study.public_id}/first-word/", sent, follow=True)
    assert "Your first word is kept: COVID-19" in text_of(shown)
    assert "80 %" in text_of(shown), "the network's answer"
    form = shown.context["sign"]
    assert (form.chosen, form.zone_rows[0].grade) == ("covid19", "2"), "filled in"
    read = FirstRead.objects.get()
    assert (read.doctor, read.finding, read.zones) == (cast.doctor, "covid19", {"A": 2, "B": 0})
    assert read.blind_to == [str(scan.predictions.get().public_id)]
    assert timedelta(0) < read.took < timedelta(minutes=1)
    assert not read.seen_before
    event = AuditEvent.objects.get(action="study.first_read")
    assert (event.actor, event.facts) == (cast.doctor.email, {"stage": "first"}), "without the word"
    again = doctor.post(f"/studies/{scan.study.public_id}/first-word/", sent, follow=True)
    assert "not asked here any more" in text_of(again)


def test_papers_and_outcomes_wait_for_the_first_word_too(doctor: Client, scan: Scan, cast: Cast) -> None:
    outcomes.enter(
        study=scan.study, by=cast.technician, kind="pcr", on=timezone.localdate(), value="SARS-CoV-2 found",
        confirms="abnormal",
    )  # fmt: skip
    assert "SARS-CoV-2 found" not in text_of(doctor.get(f"/patients/{scan.study.patient.public_id}/"))
    sent = {"study": str(scan.study.public_id)}
    assert "Nothing was fetched" in text_of(doctor.post("/worklist/reports/", sent, follow=True))
    assert not AuditEvent.objects.filter(action="scan.shown_blind").exists(), "no film was shown"


def test_nobody_signs_before_their_first_word(cast: Cast, scan: Scan) -> None:
    with pytest.raises(review.ReviewRefused, match="first word"):
        review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision="agree")


def test_a_refused_form_comes_back_as_it_was_filled_in(doctor: Client, scan: Scan) -> None:
    page = doctor.post(
        f"/studies/{scan.study.public_id}/first-word/", {"zone_C": "3", "zone_D": "7", "opened": "made up"}
    )
    assert page.status_code == 422
    assert "Choose what you see." in text_of(page)
    assert page.context["form"]["zone_C"].value() == "3"
    assert not FirstRead.objects.exists()


def test_urgent_and_refused_films_are_asked_too_and_signed_ones_are_not(
    doctor: Client, cast: Cast, scan: Scan
) -> None:
    refused = refused_scan(cast.clinic_a, cast.technician, seed=3)
    Study.objects.filter(pk=scan.study_id).update(urgent=True)
    for one in (scan, refused):
        assert "What do you see?" in text_of(doctor.get(f"/studies/{one.study.public_id}/"))
    Study.objects.filter(pk=scan.study_id).update(state=StudyState.REVIEWED)
    assert "What do you see?" not in text_of(doctor.get(f"/studies/{scan.study.public_id}/"))


def test_films_that_were_there_before_the_rule_count_as_seen(cast: Cast, doctor: Client) -> None:
    scan = analysed_scan(cast.clinic_a, cast.technician)
    Study.objects.update(created_at=timezone.now() - timedelta(hours=1))
    read_blind(cast)
    doctor.post(f"/studies/{scan.study.public_id}/first-word/", {"finding": "cannot_say"})
    assert FirstRead.objects.get().seen_before
    assert FirstRead.objects.get().finding == ""


def test_the_administrator_sets_the_rules_and_they_are_on_record(
    administrator: Client, doctor: Client, cast: Cast
) -> None:
    assert doctor.get(RULES).status_code == 403
    sent = {
        "blind_first": "on", "second_share": "10", "urgent_minutes": "20", "routine_minutes": "120",
        "trainees": [str(cast.colleague.public_id)], "critical_minutes": "30",
    }  # fmt: skip
    assert "are saved" in text_of(administrator.post(RULES, sent, follow=True))
    rules = ReadingRules.of(cast.clinic_a.pk)
    assert (rules.blind_first, rules.second_share, rules.urgent_minutes) == (True, 10, 20)
    assert rules.trainees == [str(cast.colleague.public_id)]
    assert AuditEvent.objects.filter(action="clinic.reading_rules").count() == 1
    assert "Nothing was changed" in text_of(administrator.post(RULES, sent, follow=True))
    refused = administrator.post(RULES, sent | {"second_share": "101"})
    assert refused.status_code == 422
    assert ReadingRules.of(cast.clinic_b.pk).blind_first is False
