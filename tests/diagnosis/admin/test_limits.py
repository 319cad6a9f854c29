"""An operator accepts the limits that a network came with for a clinic, says why, and withdraws them."""

from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from diagnosis.models import ModelVersion, OperatingPoint
from tests.conftest import PASSWORD, Cast
from tests.films import model_version, promoted

ADD = "/admin/diagnosis/operatingpoint/add/"


def operator(cast: Cast) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": cast.operator.email, "password": PASSWORD})
    return client


def with_limits() -> None:
    model_version()
    ModelVersion.objects.update(card={"unsure_band": {"lower": 0.25, "upper": 0.75}})


def accept(client: Client, cast: Cast, reason: str) -> HttpResponse:
    """Send the form as its page holds it."""
    shown = client.get(ADD).context["adminform"].form["version"].value()
    return client.post(ADD, {"clinic": cast.clinic_a.pk, "reason": reason, "version": shown})


def test_an_operator_accepts_and_withdraws_with_reasons(cast: Cast) -> None:
    with_limits()
    client = operator(cast)
    accept(client, cast, "")
    assert not OperatingPoint.objects.exists()
    accept(client, cast, "Trial until March")
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
    sent = accept(operator(cast), cast, "Trial")
    assert "names no limits" in sent.content.decode()
    assert not OperatingPoint.objects.exists()


def test_a_screen_left_open_accepts_nothing(cast: Cast, settings: SettingsWrapper) -> None:
    with_limits()
    client = operator(cast)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    asked = client.post(ADD, {"clinic": cast.clinic_a.pk, "reason": "Trial"})
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not OperatingPoint.objects.exists()


def test_the_form_names_the_limits_and_accepts_those_of_no_other_network(cast: Cast) -> None:
    with_limits()
    client = operator(cast)
    page = client.get(ADD)
    assert "test-network 1.0.0: normal below 25 % abnormal, pathological from 75 %." in page.content.decode()
    promoted("2.0.0")
    ModelVersion.objects.update(card={"unsure_band": {"lower": 0.1, "upper": 0.9}})
    shown = page.context["adminform"].form["version"].value()
    sent = client.post(ADD, {"clinic": cast.clinic_a.pk, "reason": "Trial", "version": shown})
    assert "test-network 2.0.0 is the active network now" in sent.content.decode()
    assert not OperatingPoint.objects.exists()


def test_whoever_withdraws_second_is_told_so(cast: Cast) -> None:
    with_limits()
    client = operator(cast)
    accept(client, cast, "Trial")
    point = OperatingPoint.objects.get()
    page = f"/admin/diagnosis/operatingpoint/{point.pk}/change/"
    client.post(page, {"withdraw_because": "The trial is over"})
    sent = client.post(page, {"withdraw_because": "Again"}, follow=True)
    assert "has withdrawn these limits before" in sent.content.decode()
