"""The audit trail as a file: what is listed, one's own clinic's, no formula, and on record."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit, csv_file
from accounts.models import AuditEvent
from tests.conftest import PASSWORD, Cast

LIST = reverse("admin:accounts_auditevent_changelist")


@pytest.fixture
def administrator(cast: Cast) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": cast.administrator.email, "password": PASSWORD})
    return client


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    first = AuditEvent.objects.first()
    assert first is not None
    sent = {"action": "export", "select_across": "1", "index": "0", "_selected_action": first.pk}
    answer = client.post(LIST + query, sent)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_what_is_listed_is_exported_and_that_is_on_record(administrator: Client, cast: Cast) -> None:
    audit.record(actor=cast.doctor, action="test.ours", subject="thing:1", clinic=cast.clinic_a)
    audit.record(actor=cast.stranger, action="test.theirs", subject="thing:2", clinic=cast.clinic_b)
    rows = exported(administrator, f"?person={cast.doctor.pk}")
    assert [(row["who"], row["action"]) for row in rows] == [(cast.doctor.get_full_name(), "test.ours")]
    everything = exported(administrator)
    assert "test.theirs" not in {row["action"] for row in everything}
    first, second = AuditEvent.objects.filter(action="trail.exported").order_by("sequence")
    assert (first.actor, first.clinic_id) == (cast.administrator.email, cast.clinic_a.pk)
    assert first.facts == {"events": 1, "filtered_by": ["person"]}
    assert second.facts["events"] > 1


def test_no_cell_becomes_a_formula(administrator: Client, cast: Cast) -> None:
    cast.doctor.first_name = "=HYPERLINK(1)"
    cast.doctor.save()
    audit.record(actor=cast.doctor, action="test.ours", subject="+1:x", clinic=cast.clinic_a)
    row = exported(administrator, f"?person={cast.doctor.pk}")[-1]
    assert row["who"].startswith("'=")
    assert row["about"] == "'+1:x"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"])
def test_what_a_spreadsheet_would_compute_becomes_text(cell: str) -> None:
    assert csv_file.defused(cell) == f"'{cell}"
    assert csv_file.defused("plain = text") == "plain = text"


def test_whoever_left_the_screen_open_is_asked_again(administrator: Client) -> None:
    session = administrator.session
    methods = session["account_authentication_methods"]
    for method in methods:
        method["at"] = (timezone.now() - timedelta(days=1)).timestamp()
    session["account_authentication_methods"] = methods
    session.save()
    first = AuditEvent.objects.first()
    assert first is not None
    answer = administrator.post(
        LIST, {"action": "export", "select_across": "1", "_selected_action": first.pk}
    )
    assert answer.status_code == 302
    assert "reauthenticate" in answer.headers["Location"]
    assert not AuditEvent.objects.filter(action="trail.exported").exists()
