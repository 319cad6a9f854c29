"""The worklist's page: its counts, what an open page hears, and whom it shows to."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from diagnosis.models import Decision, Review
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.views.worklist.page import WORKLIST
from tests.films import analysed_scan


def test_another_clinics_studies_are_not_there(stranger: Client, cast: Cast) -> None:
    analysed_scan(cast.clinic_a, cast.doctor)
    page = stranger.get(WORKLIST)
    assert "No studies yet" in page.content.decode()
    assert not any(count.number for count in page.context["counts"])


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
    counted = {count.tab.label: count.number for count in context["counts"] if count.number}
    assert counted == {"All": 2, "Pathological": 2, "Done today": 1}
    assert context["to_review"] == 2
    assert [(row["doctor_id"], row["signed"]) for row in context["signed_today"]] == [(cast.doctor.pk, 1)]


def test_the_open_page_hears_only_of_changes(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    seen = doctor.get(WORKLIST).context["stamp"]
    poll = {"headers": {"HX-Request": "true"}}
    assert doctor.get(WORKLIST, {"seen": seen}, **poll).status_code == 204
    review.sign_off(scan=scan, prediction=scan.predictions.get(), doctor=cast.doctor, decision=Decision.AGREE)
    changed = doctor.get(WORKLIST, {"seen": seen}, **poll)
    assert f'id="s-{scan.study.public_id}"' in changed.content.decode()
    assert 'hx-swap-oob="true"' in changed.content.decode(), "the tabs are counted anew"


def test_the_page_leaves_no_copy_on_a_shared_computer(doctor: Client) -> None:
    assert "no-store" in doctor.get(reverse("worklist")).headers["Cache-Control"]
