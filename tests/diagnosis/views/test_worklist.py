"""The worklist: order, filters, search, pages by key, and a number of queries that does not grow."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Clinic, User
from diagnosis.models import Decision, Patient, Review, Scan, ScanStatus, Study, StudyState
from diagnosis.services import lifecycle, review
from tests.conftest import Cast
from tests.films import analysed_scan, predict, promoted, queued_scan

WORKLIST = "/worklist/"


def studies_in(client: Client, **query: str) -> list[str]:
    """The public ids of the rows, in order."""
    page = client.get(WORKLIST, query).content.decode()
    return re.findall(r'class="row-link" href="/studies/([0-9a-f-]{36})/"', page)


def many(clinic: Clinic, user: User, number: int, *, first: int = 0) -> list[Study]:
    """Studies without films, one minute apart; many rows at little cost."""
    patient, _ = Patient.objects.get_or_create(clinic=clinic, number="P-many")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Study.objects.create(
            clinic=clinic,
            patient=patient,
            created_by=user,
            rank=(first + index) % 3,
            state=StudyState.TO_REVIEW,
            created_at=start + timedelta(minutes=(first + index) // 2),
        )
        for index in range(number)
    ]


def walk(client: Client, link: str = "next") -> list[list[str]]:
    """Follow the pager to its end."""
    pages, address = [], WORKLIST
    while address:
        body = client.get(address).content.decode()
        pages.append(re.findall(r'class="row-link" href="/studies/([0-9a-f-]{36})/"', body))
        found = re.search(rf'rel="{link}" href="(\?[^"]+)"', body)
        address = WORKLIST + found[1].replace("&amp;", "&") if found else ""
    return pages


def test_urgent_and_pathological_studies_come_first_and_reviewed_ones_last(
    doctor: Client, cast: Cast
) -> None:
    done = analysed_scan(cast.clinic_a, cast.doctor, number="P-1", seed=1)
    review.sign_off(scan=done, prediction=done.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE)
    waiting = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    normal = queued_scan(cast.clinic_a, cast.doctor, number="P-3", seed=3)
    predict(normal, p_covid19=0.05, p_pneumonia=0.05)
    sick = analysed_scan(cast.clinic_a, cast.doctor, number="P-4", seed=4)
    urgent = queued_scan(cast.clinic_a, cast.doctor, number="P-5", seed=5)
    Study.objects.filter(pk=urgent.study_id).update(urgent=True)
    urgent.refresh_from_db()
    predict(Scan.objects.get(pk=urgent.pk), p_covid19=0.05, p_pneumonia=0.05)
    expected = [urgent, sick, normal, waiting, done]
    assert studies_in(doctor) == [str(scan.study.public_id) for scan in expected]


def test_another_clinics_studies_are_not_there(stranger: Client, cast: Cast) -> None:
    analysed_scan(cast.clinic_a, cast.doctor)
    page = stranger.get(WORKLIST)
    assert "No studies yet" in page.content.decode()
    assert page.context["counts"] == {"total": 0, "to_review": 0}


def test_search_finds_by_number_by_name_and_by_accession(doctor: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor, number="AB-77").study
    Patient.objects.filter(pk=study.patient_id).update(first_name="Inês", last_name="O'Neil")
    Study.objects.filter(pk=study.pk).update(accession_number="ACC 9")
    analysed_scan(cast.clinic_a, cast.doctor, number="CD-1", seed=1)
    for words in ("ab-7", "inês", "o'neil ab-77", "ACC 9"):
        assert studies_in(doctor, q=words) == [str(study.public_id)], words
    assert studies_in(doctor, q="o'neil nobody") == []
    assert "No study matches" in doctor.get(WORKLIST, {"q": "nobody"}).content.decode()


def test_search_wildcards_are_plain_characters(doctor: Client, cast: Cast) -> None:
    analysed_scan(cast.clinic_a, cast.doctor)
    assert studies_in(doctor, q="%") == []
    assert studies_in(doctor, q="_") == []


def test_filters_by_state_finding_date_and_mine(doctor: Client, cast: Cast) -> None:
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
    assert set(studies_in(doctor, mine="on")) == {key["m"], key["r"]}
    assert studies_in(doctor, taken_from="2025-05-05", taken_to="2025-05-05") == [key["o"]]
    assert studies_in(doctor, taken_to="2025-05-04") == []


@pytest.mark.parametrize(
    "query",
    [
        {"state": "nonsense"},
        {"taken_from": "31/31"},
        {"taken_to": "9999-12-31"},
        {"q": "\x00"},
        {"mine": "?"},
    ],
)
def test_a_filter_without_sense_is_left_out(doctor: Client, cast: Cast, query: dict[str, str]) -> None:
    analysed_scan(cast.clinic_a, cast.doctor)
    assert doctor.get(WORKLIST, query).status_code == 200


def test_pages_of_25_show_every_study_once_both_ways(doctor: Client, cast: Cast) -> None:
    expected = [str(study.public_id) for study in many(cast.clinic_a, cast.doctor, 60)]
    pages = walk(doctor)
    assert [len(page) for page in pages] == [25, 25, 10]
    rows = [row for page in pages for row in page]
    assert sorted(rows) == sorted(expected)
    in_order = Study.objects.order_by("rank", "-created_at", "-id")
    assert rows == [str(study.public_id) for study in in_order]


def test_going_back_shows_the_page_that_was_there(doctor: Client, cast: Cast) -> None:
    many(cast.clinic_a, cast.doctor, 60)
    first, second, _ = walk(doctor)
    body = doctor.get(WORKLIST).content.decode()
    for _ in range(2):
        address = re.search(r'rel="next" href="(\?[^"]+)"', body)[1].replace("&amp;", "&")
        body = doctor.get(WORKLIST + address).content.decode()
    back = []
    while found := re.search(r'rel="prev" href="(\?[^"]+)"', body):
        body = doctor.get(WORKLIST + found[1].replace("&amp;", "&")).content.decode()
        back.append(re.findall(r'class="row-link" href="/studies/([0-9a-f-]{36})/"', body))
    assert back == [second, first]


def test_studies_that_arrive_meanwhile_neither_hide_nor_double_a_row(doctor: Client, cast: Cast) -> None:
    many(cast.clinic_a, cast.doctor, 60)
    before = walk(doctor)
    body = doctor.get(WORKLIST).content.decode()
    address = re.search(r'rel="next" href="(\?[^"]+)"', body)[1].replace("&amp;", "&")
    many(cast.clinic_a, cast.doctor, 9, first=1000)  # newer ones, in every rank
    after = re.findall(
        r'class="row-link" href="/studies/([0-9a-f-]{36})/"', doctor.get(WORKLIST + address).content.decode()
    )
    old = [row for page in before for row in page]
    seen = [row for row in after if row in old]
    assert seen == old[25 : 25 + len(seen)]
    assert not set(after) & set(before[0])


@pytest.mark.parametrize("cursor", ["x", "1:2:3", "WzEsMiwzXQ:1:forged", ""])
def test_a_forged_cursor_leads_to_the_first_page(doctor: Client, cast: Cast, cursor: str) -> None:
    many(cast.clinic_a, cast.doctor, 30)
    assert studies_in(doctor, after=cursor) == studies_in(doctor)
    assert studies_in(doctor, before=cursor) == studies_in(doctor)


def test_the_number_of_queries_is_the_same_with_5_and_with_60_rows(doctor: Client, cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert doctor.get(WORKLIST).status_code == 200
        return len(captured)

    for seed in range(5):
        analysed_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed)
    few = queries()
    for study in many(cast.clinic_a, cast.doctor, 55):
        scan = Scan.objects.create(
            study=study,
            clinic=cast.clinic_a,
            sha256=f"{study.pk:064d}",
            size_bytes=1,
            width=1,
            height=1,
            status=ScanStatus.ANALYSED,
        )
        prediction = Scan.objects.exclude(predictions=None).first().predictions.get()
        Review.objects.create(scan=scan, prediction=prediction, doctor=cast.doctor, decision="agree")
    assert queries() == few
    assert few <= 10


def test_both_findings_are_shown_where_they_differ(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    review.sign_off(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=cast.doctor,
        decision=Decision.CHANGE,
        finding="normal",
    )
    page = " ".join(doctor.get(WORKLIST).content.decode().split())
    assert "Pneumonia 70 %" in page
    assert 'Normal <span class="differs">≠ differs' in page


def test_a_doctor_differs_from_no_network_while_a_film_is_analysed_again(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE)
    promoted("2.0.0")
    assert lifecycle.reanalyse(scan=Scan.objects.get(pk=scan.pk), actor=cast.doctor)
    page = doctor.get(WORKLIST).content.decode()
    assert "Pneumonia" in page
    assert "differs" not in page
    assert "agrees" not in page


def test_the_reason_of_a_failure_stands_in_the_row(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.FAILED, reason="The disk is full.")
    assert "The disk is full." in doctor.get(WORKLIST).content.decode()


def test_phantoms_are_marked(doctor: Client, cast: Cast) -> None:
    analysed_scan(cast.clinic_a, cast.doctor)
    assert "chip-phantom" in doctor.get(WORKLIST).content.decode()


def test_the_header_counts_what_waits_and_what_was_signed_today(doctor: Client, cast: Cast) -> None:
    for seed in range(3):
        scan = analysed_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed)
    prediction = scan.predictions.get()
    review.sign_off(scan=scan, prediction=prediction, doctor=cast.doctor, decision=Decision.AGREE)
    Review.objects.create(
        scan=scan,
        prediction=prediction,
        doctor=cast.colleague,
        decision="agree",
        signed_at=timezone.now() - timedelta(days=2),
    )
    context = doctor.get(WORKLIST).context
    assert context["counts"] == {"total": 3, "to_review": 2}
    assert [(row["doctor_id"], row["signed"]) for row in context["signed_today"]] == [(cast.doctor.pk, 1)]


def test_the_open_page_hears_only_of_changes(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    seen = doctor.get(WORKLIST).context["stamp"]
    poll = {"headers": {"HX-Request": "true"}}
    assert doctor.get(WORKLIST, {"seen": seen}, **poll).status_code == 204
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE)
    changed = doctor.get(WORKLIST, {"seen": seen}, **poll)
    assert "The list has changed" in changed.content.decode()
    assert "<table" not in changed.content.decode()


def test_the_page_leaves_no_copy_on_a_shared_computer(doctor: Client) -> None:
    assert "no-store" in doctor.get(reverse("worklist")).headers["Cache-Control"]
