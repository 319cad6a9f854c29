"""A study that was entered twice becomes one; nothing of it is lost."""

import pytest

from accounts.models import AuditEvent
from diagnosis.models import Scan
from diagnosis.services import joining, studies
from diagnosis.services.joining import JoinRefused
from tests.conftest import Cast
from tests.films import analysed_scan


def test_the_films_move_with_their_reviews_and_the_empty_one_is_cancelled(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    right = studies.create_study(patient=scan.study.patient, actor=cast.doctor)
    joining.join_studies(study=scan.study, into=right, actor=cast.technician, reason="sent twice")
    old, right = type(right).objects.order_by("pk")
    assert (Scan.objects.get().study, right.films_counted) == (right, 1)
    assert old.cancelled_reason == "Merged into another study: sent twice"
    assert AuditEvent.objects.filter(action="scan.refiled").count() == 2


def test_studies_of_two_patients_stay_two(cast: Cast) -> None:
    one, other = (analysed_scan(cast.clinic_a, cast.doctor, number=f"P-{n}", seed=n).study for n in (1, 2))
    with pytest.raises(JoinRefused, match="different patients"):
        joining.join_studies(study=one, into=other, actor=cast.technician, reason="x")
