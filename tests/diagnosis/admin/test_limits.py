"""An operator accepts the limits that a network came with for a clinic, says why, and withdraws them."""

from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import ModelVersion, OperatingPoint
from tests.conftest import PASSWORD, Cast
from tests.films import model_version

ADD = "/admin/diagnosis/operatingpoint/add/"


def operator(cast: Cast) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": cast.operator.email, "password": PASSWORD})
    return client


def with_limits() -> None:
    model_version()
    ModelVersion.objects.update(card={"unsure_band": {"lower": 0.25, "upper": 0.75}})


def test_an_operator_accepts_and_withdraws_with_reasons(cast: Cast) -> None:
    with_limits()
    client = operator(cast)
    client.post(ADD, {"clinic": cast.clinic_a.pk, "reason": ""})
    assert not OperatingPoint.objects.exists()
    client.post(ADD, {"clinic": cast.clinic_a.pk, "reason": "Trial until March"})
    point = OperatingPoint.objects.get()
    assert (point.operator, point.reason, point.normal_below) == (cast.operator, "Trial until March", 0.25)
    page = f"/admin/diagnosis/operatingpoint/{point.pk}/change/"
    client.post(page, {"withdraw_because": ""})
    point.refresh_from_db()
    assert point.withdrawn_at is None
    client.post(page, {"withdraw_because": "The trial is over"})
    point.refresh_from_db()
    assert (point.withdrawn_by, point.withdrawn_reason) == (cast.operator, "The trial is over")


def test_a_network_whose_card_names_no_limits_is_refused_in_words(cast: Cast) -> None:
    model_version()
    sent = operator(cast).post(ADD, {"clinic": cast.clinic_a.pk, "reason": "Trial"})
    assert "names no limits" in sent.content.decode()
    assert not OperatingPoint.objects.exists()


def test_a_screen_left_open_accepts_nothing(cast: Cast, settings: SettingsWrapper) -> None:
    with_limits()
    client = operator(cast)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    asked = client.post(ADD, {"clinic": cast.clinic_a.pk, "reason": "Trial"})
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not OperatingPoint.objects.exists()
