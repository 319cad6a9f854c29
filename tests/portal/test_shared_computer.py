"""A ward's computer keeps nothing of one person's work for the next person who sits down at it."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.conftest import PASSWORD, Cast
from tests.films import analysed_scan

NAME = "Ada_Lovelace"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films are queued, and no worker of this machine hears of them."""
    from portal.celery import app

    monkeypatch.setattr(app.conf, "broker_url", "memory://")
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)


@pytest.fixture
def sign_in(client: Client) -> Callable[[str], str]:
    def _sign_in(email: str) -> str:
        answer = client.post(reverse("account_login"), {"login": email, "password": PASSWORD}, follow=True)
        assert answer.wsgi_request.user.email == email
        return answer.content.decode()

    return _sign_in


def test_a_films_name_is_not_shown_to_the_next_person(
    client: Client, cast: Cast, sign_in: Callable[[str], str]
) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    sign_in(cast.doctor.email)
    film = SimpleUploadedFile(f"{NAME}.pdf", b"%PDF-1.4 no film")
    client.post(reverse("study_add_scans", args=[study.public_id]), {"films": film})
    client.post(reverse("account_logout"))
    assert NAME not in client.get(reverse("account_login")).content.decode()
    assert NAME not in sign_in(cast.stranger.email)


def test_a_films_name_is_told_to_whoever_sent_it(
    client: Client, cast: Cast, sign_in: Callable[[str], str]
) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    sign_in(cast.doctor.email)
    film = SimpleUploadedFile(f"{NAME}.pdf", b"%PDF-1.4 no film")
    answer = client.post(reverse("study_add_scans", args=[study.public_id]), {"films": film}, follow=True)
    assert NAME in answer.content.decode()
