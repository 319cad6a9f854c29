"""The audit trail as a list for people: names, sentences, links, filters, and whether it is whole."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.views.contexts.wording.event import _EVENTS
from diagnosis.views.contexts.wording.trail import _PHRASES
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan

LIST = reverse("admin:accounts_auditevent_changelist")
KINDS = ("user", "token", "clinic", "patient", "study", "scan", "review", "report", "list", "access", "trail")


@pytest.fixture
def administrator(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.administrator)
    return client


@pytest.fixture
def doctor(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.doctor)
    return client


def test_names_sentences_and_links_instead_of_addresses_and_ids(
    administrator: Client, doctor: Client, cast: Cast
) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    doctor.get(f"/studies/{study.public_id}/")
    page = administrator.get(LIST)
    words = text_of(page)
    assert f"{cast.doctor.get_full_name()} opened the study" in words
    assert str(study.public_id) not in words
    assert f'href="/studies/{study.public_id}/"' in page.content.decode()
    assert "Verified" in words


def test_an_operator_without_records_gets_no_link_to_them(doctor: Client, cast: Cast) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    doctor.get(f"/studies/{study.public_id}/")
    operator = Client()
    operator.force_login(cast.operator)
    page = operator.get(LIST).content.decode()
    assert f"/studies/{study.public_id}/" not in page
    assert "opened the study" in page


def test_filters_by_kind_person_study_and_patient(administrator: Client, doctor: Client, cast: Cast) -> None:
    ours = analysed_scan(cast.clinic_a, cast.doctor, number="P-1").study
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=1).study
    doctor.get("/worklist/")
    doctor.get(f"/studies/{ours.public_id}/")
    doctor.get(f"/patients/{other.patient.public_id}/")

    def found(query: str) -> list[str]:
        answer = administrator.get(f"{LIST}?{query}")
        assert answer.status_code == 200, query
        return [event.action for event in answer.context_data["cl"].result_list]

    assert set(found("kind=looks")) == {"list.viewed", "study.viewed", "patient.viewed"}
    assert set(found("kind=people")) == {"user.signed_in"}
    assert set(found(f"person={cast.administrator.pk}")) == {"user.signed_in"}
    assert found(f"study={ours.public_id}") == ["study.viewed", "list.viewed"]
    assert found(f"study={other.public_id}") == ["list.viewed"]
    assert found(f"patient={other.patient.public_id}") == ["patient.viewed", "list.viewed"]
    assert found(f"patient={ours.patient.public_id}") == ["study.viewed", "list.viewed"]
    for odd in ("kind=x", f"person={cast.stranger.pk}", "study=x", f"study={str(ours.public_id).upper()}"):
        assert administrator.get(f"{LIST}?{odd}").status_code == 400, odd


def test_the_study_page_leads_an_administrator_to_everything_about_it(
    administrator: Client, doctor: Client, cast: Cast
) -> None:
    study = analysed_scan(cast.clinic_a, cast.doctor).study
    link = f"{LIST}?study={study.public_id}"
    assert link in administrator.get(f"/studies/{study.public_id}/").content.decode()
    assert link not in doctor.get(f"/studies/{study.public_id}/").content.decode()


def test_an_entry_that_is_not_as_it_was_written_is_named(administrator: Client, cast: Cast) -> None:
    event = audit.record(actor="worker", action="test.done", subject="thing:1", clinic=cast.clinic_a)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_auditevent SET actor = 'eve' WHERE id = %s", [event.pk])
    words = text_of(administrator.get(LIST))
    assert f"1 of these entries is not as it was written: {event.sequence}" in words
    assert "Verified" not in words
    address = reverse("admin:accounts_auditevent_change", args=[event.pk])
    assert 'alt="False"' in administrator.get(address).content.decode()


def actions() -> Iterator[str]:
    """Every literal of the portal that reads like an action."""
    for app in ("accounts", "diagnosis"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            if "wording" in path.parts or "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                text = node.value if isinstance(node, ast.Constant) else ""
                kind, dot, verb = text.partition(".") if isinstance(text, str) else ("", "", "")
                if dot and kind in KINDS and verb.isidentifier() and not verb.startswith("_"):
                    yield text


def test_every_action_has_words() -> None:
    columns = {"patient.number", "patient.birth_date", "patient.birth_estimated"}
    unsaid = set(actions()) - set(_PHRASES) - set(_EVENTS) - columns
    assert not unsaid, "say in wording/trail.py what these mean"
    assert AuditEvent  # the words are about its rows
