"""Checks that the record is whole: its events, the rows and films that they tell of, and its anchors."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import audit
from accounts.audit import AnchorComparison, Fault, RowComparison
from accounts.models import AuditEvent, AuditHead
from diagnosis.services import storage

SHOWN = 1000


class Command(BaseCommand):
    help = (
        "Check the record and print every fault; the exit status is 1 if there is one. Compared are: the "
        "events with one another, patients, studies, films, results, reviews, networks, people, clinics and "
        "tokens with what the events say of them, stored films with their size, and the anchors with the "
        "events. Prints the number of events and the last hash."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noted",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="an earlier head as this command printed it; may be repeated",
        )
        parser.add_argument(
            "--anchors",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="a copy of anchors kept elsewhere, such as a mail with them; may be repeated",
        )
        parser.add_argument(
            "--films", action="store_true", help="read every stored film and compare its SHA-256"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        noted = [_parse(text) for text in options["noted"]]
        copies = [_text_of(path) for path in options["anchors"]]
        rows, anchors = RowComparison(), AnchorComparison()
        faults = 0
        for fault in self._faults(rows, anchors, noted, copies, read_films=options["films"]):
            faults += 1
            if faults <= SHOWN:
                where = f"event {fault.sequence}: " if fault.sequence else ""
                self.stderr.write(self.style.ERROR(f"{where}{fault.message}"))
        self._report(rows, anchors)
        if faults:
            more = f", of which the first {SHOWN} are shown" if faults > SHOWN else ""
            raise CommandError(f"The audit trail is not whole: {faults} fault(s){more}.")
        head = AuditHead.objects.filter(pk=1).first()
        count, digest = (head.sequence, head.hash) if head else (0, audit.GENESIS)
        self.stdout.write(f"The audit trail is whole: {count} events.\nhead {count}:{digest}")

    def _faults(
        self,
        rows: RowComparison,
        anchors: AnchorComparison,
        noted: list[tuple[int, str]],
        copies: list[str],
        *,
        read_films: bool,
    ) -> Iterator[Fault]:
        def watch(event: AuditEvent) -> None:
            rows.take(event)
            anchors.take(event)

        yield from audit.verify(watch)
        for number, digest in noted:
            found = AuditEvent.objects.filter(sequence=number).values_list("hash", flat=True).first()
            if found != digest and (number, digest) != (0, audit.GENESIS):
                yield Fault(number, "its hash differs from the noted one; the record was rewritten")
        yield from anchors.faults(copies)
        yield from rows.faults()
        for message in storage.originals_that_differ(read_all=read_films):
            yield Fault(0, message)

    def _report(self, rows: RowComparison, anchors: AnchorComparison) -> None:
        self.stdout.write(f"{rows.rows} rows compared, {anchors.anchors} anchors.")
        if rows.older:
            self.stdout.write(
                f"{rows.older} rows are older than {rows.since}, when the record began to cover rows: "
                "of these, only what was changed since is covered."
            )
        if waiting := audit.waiting_looks():
            self.stdout.write(f"{waiting} looks are on disk and not yet in the chain.")
        for text in filter(None, [audit.overdue(), *audit.late()]):
            self.stdout.write(self.style.WARNING(text))


def _parse(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d+):([0-9a-f]{64})", text.strip())
    if found is None:
        raise CommandError(f"--noted {text}: expected NUMBER:HASH as this command prints it")
    return int(found[1]), found[2]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError as error:
        raise CommandError(f"--anchors {path}: {error.strerror}") from error
