"""The command that checks the chain prints its head and names each fault."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import audit
from accounts.audit import GENESIS
from accounts.models import AuditEvent, AuditHead
from tests.accounts.audit.chain import LENGTH, faults, sql


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
