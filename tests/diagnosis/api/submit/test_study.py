"""A clinic's computer sends a study with its token: whole, queued and on record."""

from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from accounts import audit, tokens
from accounts.models import AuditEvent
from diagnosis.models import Door, Study
from tests.conftest import Cast
from tests.diagnosis.api.conftest import STUDIES, Computer
from tests.diagnosis.api.submit.made import actions, assert_nothing_was_made, assert_problem


def test_a_study_with_two_films_is_made_and_queued(
    computer: Computer, film, announced, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = computer.submit(
            film(1, name="one.png"),
            film(2, name="two.png"),
            patient_last_name="Phantom",
            patient_birth_date="1961-04-23",
            patient_sex="female",
            symptoms_onset="2026-03-01",
            pcr_result="pending",
            urgent="true",
        )
    assert response.status_code == 201, response.content
    body = response.json()
    study = Study.objects.get(public_id=body["id"])
    assert response.headers["Location"] == body["url"] == f"http://testserver{STUDIES}{body['id']}/"
    assert (body["state"], study.door, study.urgent) == ("waiting", Door.API, True)
    assert (study.clinic, study.created_by) == (computer.token.clinic, None)
    assert (study.patient.last_name, study.patient.sex) == ("Phantom", "female")
    assert study.patient.birth_date == "1961-04-23"
    assert (study.symptoms_onset.isoformat(), study.pcr_result) == ("2026-03-01", "pending")
    assert [(one["name"], one["outcome"]) for one in body["films"]] == [
        ("one.png", "received"),
        ("two.png", "received"),
    ]
    assert "esearch use" in body["notice"]
    assert announced() == study.scans.count()
    assert actions() == ["patient.created", "study.created", "scan.received", "scan.received"]
    assert AuditEvent.objects.latest("sequence").actor == f"token:{computer.token.prefix}"
    assert not list(audit.verify())


def test_a_token_is_touched_by_its_use(computer: Computer, film) -> None:
    computer.submit(film())
    computer.token.refresh_from_db()
    assert computer.token.last_used_at is not None


def test_a_revoked_token_submits_nothing(cast: Cast, computer: Computer, film) -> None:
    tokens.revoke(token=computer.token, by=cast.administrator)
    assert_problem(computer.submit(film()), 401)
    assert_nothing_was_made()


def test_the_location_is_the_portals_own_address_whatever_the_host(
    computer: Computer, film, settings: SettingsWrapper
) -> None:
    settings.PUBLIC_ADDRESS, settings.ALLOWED_HOSTS = "https://carina.example.org", ["10.0.0.7"]
    computer.client = Client(HTTP_HOST="10.0.0.7")
    answer = computer.submit(film(), key="one")
    own = f"https://carina.example.org{STUDIES}{answer.json()['id']}/"
    assert (answer.headers["Location"], answer.json()["url"]) == (own, own)
    assert computer.submit(film(), key="one").headers["Location"] == own
