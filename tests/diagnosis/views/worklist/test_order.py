"""The worklist's order, and a number of queries that does not grow with it."""

from datetime import UTC, datetime, timedelta

from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from diagnosis.models import Decision, Review, Scan, ScanStatus, Study
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.services.worklist.summed_up import NORMAL, signed, summed_up
from tests.diagnosis.views.worklist.page import WORKLIST, many, studies_in
from tests.films import analysed_scan, predict, queued_scan


def test_the_sicker_comes_first_then_what_has_no_result_and_what_was_reviewed_last(
    doctor: Client, cast: Cast
) -> None:
    done = analysed_scan(cast.clinic_a, cast.doctor, number="P-1", seed=1)
    signed(done, cast.doctor)
    waiting, failed, normal, unsure, sick, urgent = (
        queued_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed) for seed in range(2, 8)
    )
    summed_up(failed, ScanStatus.FAILED)
    predict(normal, **NORMAL)
    predict(unsure, p_covid19=0.2, p_pneumonia=0.3)
    predict(sick)
    Study.objects.filter(pk=urgent.study_id).update(urgent=True)
    predict(Scan.objects.get(pk=urgent.pk), **NORMAL)
    expected = [urgent, sick, unsure, normal, failed, waiting, done]
    assert studies_in(doctor) == [str(scan.study.public_id) for scan in expected]


def test_in_one_rank_the_longest_wait_comes_first_and_of_the_reviewed_the_newest(
    doctor: Client, cast: Cast
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    scans = [analysed_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed) for seed in range(6)]
    for minutes, scan in enumerate(scans):
        Study.objects.filter(pk=scan.study_id).update(created_at=start + timedelta(minutes=minutes))
    for scan in scans[:3]:
        prediction = scan.predictions.get()
        review.sign_off(scan=scan, prediction=prediction, doctor=cast.doctor, decision=Decision.AGREE)
    expected = [*scans[3:], *reversed(scans[:3])]
    assert studies_in(doctor) == [str(scan.study.public_id) for scan in expected]
    page = doctor.get(WORKLIST).context
    assert page["next_study"] == scans[3].study


def test_60_rows_take_no_more_queries_than_5(doctor: Client, cast: Cast, settings: LazySettings) -> None:
    settings.AUDIT_DEFER_LOOKS = True  # as it runs: the look goes to a file

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
    assert queries() <= few
    assert few <= 47  # whatever the number of studies


def test_a_poll_asks_the_same_of_60_rows_as_of_5(doctor: Client, cast: Cast) -> None:
    def queries() -> int:
        seen = doctor.get(WORKLIST).context["stamp"]
        with CaptureQueriesContext(connection) as captured:
            answer = doctor.get(WORKLIST, {"seen": seen}, headers={"HX-Request": "true"})
        assert answer.status_code == 204
        return len(captured)

    many(cast.clinic_a, cast.doctor, 5)
    few = queries()
    many(cast.clinic_a, cast.doctor, 55, first=100)
    assert queries() <= few
