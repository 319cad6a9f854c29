"""The worklist's order, and a number of queries that does not grow with it."""

from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from diagnosis.models import Decision, Review, Scan, ScanStatus, Study
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.views.worklist.page import WORKLIST, many, studies_in
from tests.films import analysed_scan, predict, queued_scan


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


def test_the_number_of_queries_is_the_same_with_5_and_with_60_rows(
    doctor: Client, cast: Cast, settings: LazySettings
) -> None:
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
    assert queries() == few
    assert few <= 10
