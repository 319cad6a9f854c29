"""The agreement page: figures of a clinic, a doctor and a version, none below 30, beside those of people."""

from datetime import timedelta

from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts.models import User
from diagnosis.models import FirstRead, Patient, Prediction, SecondReading, Study
from diagnosis.services import agreement
from diagnosis.views.contexts import agreement_chart
from tests.conftest import Cast
from tests.diagnosis.signed_films import signed_films
from tests.diagnosis.views.pages import text_of
from tests.films import accepted, model_version

PAGE = "/agreement/"


def two_read(cast: Cast, count: int) -> None:
    """Studies whose six zones two doctors graded, the second one step higher in every other one."""
    for number in range(count):
        patient = Patient.objects.create(clinic=cast.clinic_a, number=f"Z-{number}")
        study = Study.objects.create(clinic=cast.clinic_a, patient=patient)
        words = [
            FirstRead.objects.create(
                study=study, doctor=doctor, stage=stage, finding="covid19" if number % 3 else "normal",
                zones=dict.fromkeys("ABCDEF", number % 3) | {"A": (number % 3) + extra},
                opened_at=timezone.now() - timedelta(seconds=40),
            )
            for doctor, stage, extra in ((cast.doctor, "first", 0), (cast.colleague, "second", number % 2))
        ]  # fmt: skip
        SecondReading.objects.create(
            clinic=cast.clinic_a, study=study, first_doctor=cast.doctor, first_finding=words[0].finding,
            second=words[1], state="agreed", is_open=None,
        )  # fmt: skip


def told_by_limits(cast: Cast, doctor: User, count: int) -> None:
    signed_films(cast.clinic_a, doctor, normal=[0.1] * (count // 2), abnormal=[0.9] * (count - count // 2))
    version = model_version("1.0.0")
    limits = accepted(cast.clinic_a, version)
    for finding, low in (("normal", 0.0), ("pneumonia", 0.5)):
        QuerySet.update(Prediction.objects.filter(p_pneumonia__gte=low), limits=limits, told_finding=finding)


def test_below_30_there_are_no_figures(doctor: Client, cast: Cast) -> None:
    told_by_limits(cast, cast.doctor, 29)
    two_read(cast, 29)
    page = text_of(doctor.get(PAGE))
    assert page.count("Not enough reads (n = 29)") == 3  # network and doctor, two readers, zones
    assert "kappa 1" not in page


def test_from_30_on_kappa_and_confusion_and_the_picture_stand_there(doctor: Client, cast: Cast) -> None:
    told_by_limits(cast, cast.doctor, 30)
    two_read(cast, 30)
    response = doctor.get(PAGE)
    page = text_of(response)
    assert "Cohen’s kappa 1.00" in page
    figures = response.context["figures"]
    assert figures.network.rows[1][1] == 15, "pneumonia, pneumonia"
    assert figures.zones.scores.mean_error == 0.5
    assert figures.zones.scores.limits.bias == 0.5
    assert "0.86" in page, "what people reach stands beside"
    assert response.content.decode().count("ba-dot") == len(response.context["chart"].dots) > 3


def test_another_doctor_and_another_version_have_their_own_figures(doctor: Client, cast: Cast) -> None:
    told_by_limits(cast, cast.doctor, 30)
    mine = doctor.get(PAGE, {"doctor": str(cast.doctor.public_id)}).context["figures"]
    other = doctor.get(PAGE, {"doctor": str(cast.colleague.public_id)}).context["figures"]
    assert (mine.network.read, other.network.read) == (30, 0)
    version = model_version("2.0.0", active=None)
    found = agreement.figures(clinic=cast.clinic_a, model_version=version)
    assert found.network.read == 0
    assert agreement.figures(clinic=cast.clinic_b, model_version=model_version("1.0.0")).network.read == 0


def test_on_probation_the_network_tells_nothing_to_agree_with(cast: Cast) -> None:
    signed_films(cast.clinic_a, cast.doctor, normal=[0.1] * 20, abnormal=[0.9] * 20)
    found = agreement.figures(clinic=cast.clinic_a, model_version=model_version("1.0.0"))
    assert found.network.read == 0


def test_the_picture_holds_the_limits_of_people_too() -> None:
    zones = agreement.zones_of([(5, 6)] * 30 + [(9, 9)] * 10)
    assert zones.scores is not None
    picture = agreement_chart.draw(zones.points, zones.scores.limits)
    assert len(picture.dots) == 2
    assert picture.low > picture.bias > picture.high, "down the page"
    assert 0 < picture.human_top < picture.human_top + picture.human_height < picture.height
