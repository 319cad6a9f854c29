"""The command that checks the chain prints its head and names each fault."""

import io
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from accounts import audit
from accounts.audit import GENESIS, anchors
from accounts.models import AuditEvent, AuditHead
from diagnosis.models import Review
from diagnosis.services import storage
from tests.accounts.audit.chain import LENGTH, faults, sql
from tests.conftest import Cast
from tests.diagnosis.management.verify_audit_trail.conftest import Hospital
from tests.diagnosis.management.verify_audit_trail.past_the_portal import rows_of


class TestCommand:
    def test_prints_the_count_and_the_head(self, chain: None) -> None:
        out = io.StringIO()
        call_command("verify_audit_trail", stdout=out)
        head = AuditHead.objects.get(pk=1)
        assert f"{LENGTH} events" in out.getvalue()
        assert f"head {LENGTH}:{head.hash}" in out.getvalue()

    def test_an_empty_chain_is_whole(self, db: None) -> None:
        out = io.StringIO()
        call_command("verify_audit_trail", stdout=out)
        assert f"head 0:{GENESIS}" in out.getvalue()

    def test_names_each_fault_and_fails(self, chain: None) -> None:
        sql("UPDATE accounts_auditevent SET actor = 'x' WHERE sequence = 2")
        sql("DELETE FROM accounts_auditevent WHERE sequence = 5")
        errors = io.StringIO()
        with pytest.raises(CommandError, match="2 fault"):
            call_command("verify_audit_trail", stderr=errors)
        assert "event 2: event 2 was changed" in errors.getvalue()
        assert "event 5: event 5 is missing" in errors.getvalue()

    def test_a_rewritten_end_is_found_by_a_head_noted_before(self, chain: None) -> None:
        """The one thing that the chain alone cannot show: all rows from one on, and the head, made anew."""
        head = AuditHead.objects.get(pk=1)
        noted = f"{head.sequence}:{head.hash}"
        call_command("verify_audit_trail", noted=[noted], stdout=io.StringIO())
        before = AuditEvent.objects.get(sequence=3)
        sql("DELETE FROM accounts_auditevent WHERE sequence > 3")
        sql("UPDATE accounts_audithead SET sequence = 3, hash = %s", before.hash)
        for _ in range(LENGTH - 3):
            audit.record(actor="ghost", action="study.viewed", subject="study:1")
        assert faults() == []
        with pytest.raises(CommandError):
            call_command("verify_audit_trail", noted=[noted], stderr=io.StringIO())

    def test_a_noted_head_that_is_none_is_explained(self, db: None) -> None:
        with pytest.raises(CommandError, match="NUMBER:HASH"):
            call_command("verify_audit_trail", noted=["yes"])


class TestWhatElseIsCompared:
    def test_a_row_changed_past_the_portal_fails_in_words(self, hospital: Hospital) -> None:
        call_command("verify_audit_trail", "--films", stdout=io.StringIO())
        rows_of(Review).update(finding="covid19")
        errors = io.StringIO()
        with pytest.raises(CommandError, match="2 fault"):
            call_command("verify_audit_trail", stdout=io.StringIO(), stderr=errors)
        assert errors.getvalue().count(": its finding is not what event ") == 2

    @pytest.mark.parametrize(
        ("content", "told", "options"),
        [
            (None, "its file is missing below DATA_DIR", []),
            (b"short", "its file has 5 bytes, ", []),
            (b"same length", "its file is not the one that was received", ["--films"]),
        ],
    )
    def test_a_films_file_is_compared(
        self, hospital: Hospital, content: bytes | None, told: str, options: list[str]
    ) -> None:
        scan = hospital.scans[0]
        path = storage.path_of(scan.original)
        path.unlink()
        if content is not None:
            path.write_bytes(content.ljust(scan.size_bytes) if options else content)
        errors = io.StringIO()
        with pytest.raises(CommandError, match="1 fault"):
            call_command("verify_audit_trail", *options, stdout=io.StringIO(), stderr=errors)
        assert f"scan {scan.public_id}: {told}" in errors.getvalue()

    def test_a_copy_of_an_anchor_is_read(self, chain: None, tmp_path: Path) -> None:
        audit.anchor_if_due()
        copy = tmp_path / "mail.txt"
        anchors.anchor_file().rename(copy)
        with pytest.raises(CommandError, match="1 fault"):
            call_command("verify_audit_trail", stdout=io.StringIO(), stderr=io.StringIO())
        out = io.StringIO()
        call_command("verify_audit_trail", "--anchors", str(copy), stdout=out)
        assert "0 rows compared, 1 anchors." in out.getvalue()

    def test_an_anchored_head_that_is_gone_fails(self, chain: None) -> None:
        audit.anchor_if_due()
        before = AuditEvent.objects.get(sequence=3)
        sql("DELETE FROM accounts_auditevent WHERE sequence > 3")
        sql("UPDATE accounts_audithead SET sequence = 3, hash = %s", before.hash)
        errors = io.StringIO()
        with pytest.raises(CommandError, match="1 fault"):
            call_command("verify_audit_trail", stdout=io.StringIO(), stderr=errors)
        assert "the end was cut off" in errors.getvalue()

    def test_looks_that_wait_are_counted(self, chain: None, cast: Cast, settings: LazySettings) -> None:
        settings.AUDIT_DEFER_LOOKS = True
        audit.look(reader=cast.doctor, action="study.viewed", subject="study:1")
        out = io.StringIO()
        with pytest.raises(CommandError):  # the cast came about past the portal
            call_command("verify_audit_trail", stdout=out, stderr=io.StringIO())
        assert "1 looks are on disk and not yet in the chain." in out.getvalue()

    def test_a_copy_that_is_not_there_is_told(self, db: None, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            call_command("verify_audit_trail", "--anchors", str(tmp_path / "none"))
