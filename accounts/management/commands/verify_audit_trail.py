"""Checks that no recorded event was changed, removed or swapped."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import audit
from accounts.models import AuditEvent, AuditHead


class Command(BaseCommand):
    help = (
        "Check the audit chain and print every fault with its event; the exit status is 1 if there is one. "
        "Prints the number of events and the last hash: note both elsewhere, and pass them to --noted later."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noted",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="an earlier head as this command printed it; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        noted = [_parse(text) for text in options["noted"]]
        faults = 0
        for fault in audit.verify():
            faults += 1
            self.stderr.write(self.style.ERROR(f"event {fault.sequence}: {fault.message}"))
        for number, digest in noted:
            found = AuditEvent.objects.filter(sequence=number).values_list("hash", flat=True).first()
            if found != digest:
                faults += 1
                message = f"event {number}: its hash differs from the noted one; the record was rewritten"
                self.stderr.write(self.style.ERROR(message))
        if faults:
            raise CommandError(f"The audit trail is not whole: {faults} fault(s).")
        head = AuditHead.objects.filter(pk=1).first()
        count, digest = (head.sequence, head.hash) if head else (0, audit.GENESIS)
        self.stdout.write(f"The audit trail is whole: {count} events.\nhead {count}:{digest}")


def _parse(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d+):([0-9a-f]{64})", text.strip())
    if found is None:
        raise CommandError(f"--noted {text}: expected NUMBER:HASH as this command prints it")
    return int(found[1]), found[2]
