"""The chain's head is anchored outside the database, and a chain that lacks an anchored head is told."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts import audit
from accounts.audit import AnchorComparison, anchors
from accounts.models import AuditEvent, AuditHead
from tests.accounts.audit.chain import LENGTH, sql


def compared(*copies: str) -> list[str]:
    comparison = AnchorComparison()
    for event in AuditEvent.objects.order_by("sequence"):
        comparison.take(event)
    return [fault.message for fault in comparison.faults(copies)]


def later(monkeypatch: pytest.MonkeyPatch, **passed: float) -> None:
    """Let the portal believe that time has passed since the last anchor was made."""

    class Clock(anchors.datetime):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: object = None) -> "anchors.datetime":  # type: ignore[override]
            return timezone.now() + timedelta(**passed)

    monkeypatch.setattr(anchors, "datetime", Clock)


def rewritten_from(number: int) -> None:
    """What somebody who writes the database can do: cut the end off, and set the head back to fit."""
    before = AuditEvent.objects.get(sequence=number - 1)
    sql("DELETE FROM accounts_auditevent WHERE sequence >= %s", number)
    sql("UPDATE accounts_audithead SET sequence = %s, hash = %s", number - 1, before.hash)


def test_the_first_anchor_names_the_head_and_is_an_event(chain: None) -> None:
    head = AuditHead.objects.get(pk=1)
    made = audit.anchor_if_due()
    assert made is not None
    assert (made.number, made.sequence, made.hash) == (1, LENGTH, head.hash)
    assert anchors.anchors() == [anchors.Anchor(1, made.at.replace(microsecond=0), LENGTH, head.hash)]
    event = AuditEvent.objects.get(action="record.anchored")
    assert event.facts == {"number": 1, "head": f"{LENGTH}:{head.hash}"}
    assert compared() == []


def test_only_the_portals_own_user_can_read_and_write_the_file(chain: None) -> None:
    audit.anchor_if_due()
    assert anchors.anchor_file().stat().st_mode & 0o777 == 0o600


def test_the_file_may_lie_elsewhere(chain: None, settings: LazySettings, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "other disk" / "anchors")
    audit.anchor_if_due()
    assert (tmp_path / "other disk" / "anchors").read_text().startswith("carina-anchor 1 ")


def test_an_empty_chain_has_nothing_to_anchor(db: None) -> None:
    assert audit.anchor_if_due() is None


@pytest.mark.parametrize(("hours", "due"), [(23, False), (25, True), (-25, True), (-23, False)])
def test_an_anchor_is_due_after_a_day_whichever_way_the_clock_went(
    chain: None, monkeypatch: pytest.MonkeyPatch, hours: int, due: bool
) -> None:
    audit.anchor_if_due()
    later(monkeypatch, hours=hours)
    assert (audit.anchor_if_due() is not None) is due


def test_an_anchor_is_due_after_many_events(chain: None, settings: LazySettings) -> None:
    settings.AUDIT_ANCHOR_EVENTS = 3
    assert audit.anchor_if_due() is not None
    assert audit.anchor_if_due() is None  # its own event is the only new one
    audit.record(actor="test", action="test.done", subject="thing:1")
    assert audit.anchor_if_due() is None
    audit.record(actor="test", action="test.done", subject="thing:2")
    made = audit.anchor_if_due()
    assert made is not None
    assert (made.number, made.sequence) == (2, LENGTH + 3)
    assert compared() == []


def test_a_chain_cut_off_before_an_anchored_head_is_told(chain: None) -> None:
    audit.anchor_if_due()
    rewritten_from(4)
    (message,) = compared()
    assert message.startswith("anchor 1 of ")
    assert message.endswith(f" names another event {LENGTH}: the end was cut off")


def test_a_chain_rewritten_before_an_anchored_head_is_told(chain: None) -> None:
    audit.anchor_if_due()
    rewritten_from(4)
    for _ in range(LENGTH):
        audit.record(actor="ghost", action="study.viewed", subject="study:1")
    assert list(audit.verify()) == []
    (message,) = compared()
    assert message.endswith(f" names another event {LENGTH}: the record was rewritten")


def test_a_copy_that_was_mailed_tells_it_after_the_file_was_lost_too(chain: None) -> None:
    audit.anchor_if_due()
    mail = f"Keep this message.\n\n> {anchors.anchor_file().read_text()}"
    anchors.anchor_file().unlink()
    assert compared()[0].startswith("anchor 1 was made here and is missing from ")
    assert compared(mail) == []
    rewritten_from(4)
    assert compared() == []
    assert compared(mail)[0].endswith("the end was cut off")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (f" {LENGTH}:", f" {LENGTH - 1}:", "is not signed with an audit key"),
        ("carina-anchor 1", "carina-anchor 2", "is not signed with an audit key"),
        ("carina-anchor", "carina-anker", "is no anchor: it was cut or changed"),
    ],
)
def test_a_line_that_was_changed_is_told(chain: None, old: str, new: str, told: str) -> None:
    audit.anchor_if_due()
    path = anchors.anchor_file()
    path.write_text(path.read_text().replace(old, new))
    assert any(told in message for message in compared())
    assert any("anchor 1 was made here and is missing" in message for message in compared())


def test_a_forged_copy_is_told(chain: None, settings: LazySettings) -> None:
    audit.anchor_if_due()
    own = settings.AUDIT_KEY
    settings.AUDIT_KEY = "another key, of somebody who has not ours".replace(" ", "-")
    forged = anchors.anchors() or [anchors.Anchor(2, timezone.now(), 3, "0" * 64)]
    line = forged[0].line
    settings.AUDIT_KEY = own
    assert compared(line) == [
        "line 1 of copy 1 is not signed with an audit key of this portal: changed or forged"
    ]


def test_a_half_line_is_told_and_the_next_anchor_is_whole(
    chain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.anchor_if_due()
    path = anchors.anchor_file()
    os.truncate(path, path.stat().st_size - 30)
    later(monkeypatch, hours=25)
    made = audit.anchor_if_due()
    assert made is not None
    assert made.number == 2
    assert [each.number for each in anchors.anchors()] == [2]
    found = compared()
    assert any("line 1 of" in message and "is no anchor" in message for message in found)


def test_lines_cut_from_the_files_end_are_told(chain: None, monkeypatch: pytest.MonkeyPatch) -> None:
    audit.anchor_if_due()
    later(monkeypatch, hours=25)
    audit.anchor_if_due()
    path = anchors.anchor_file()
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    (message,) = compared()
    assert message.startswith("anchor 2 was made here and is missing from ")


def test_numbers_go_on_after_the_file_was_lost(chain: None) -> None:
    audit.anchor_if_due()
    anchors.anchor_file().unlink()
    made = audit.anchor_if_due()
    assert made is not None
    assert made.number == 2


def test_a_head_that_nobody_anchored_for_days_is_told(chain: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit.overdue() == ""
    audit.anchor_if_due()
    later(monkeypatch, hours=35)
    assert audit.overdue() == ""
    later(monkeypatch, hours=37)
    assert "has not been anchored outside the database since" in audit.overdue()
