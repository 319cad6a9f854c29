"""Anchors: signed lines that name the chain's head, kept outside the database by the portal itself.

Whoever can write the database can rewrite the chain from some event on, or cut its end off, head included. An
anchor written before then names a head that is no longer there. Every day, and after many events, a line goes
to a file, and from there to mail and to an address that the operator sets; each is tried until it worked.
"""

import fcntl
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from accounts.audit import keys
from accounts.audit.chain import SYSTEM, record
from accounts.models import AuditEvent, AuditHead

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=24)
OVERDUE = timedelta(hours=36)
PURPOSE = "carina anchor"
ANCHORED = "record.anchored"
SUBJECT = "record:anchor"
LINE = re.compile(r"carina-anchor (\d{1,9}) (\S{10,40}) (\d{1,18}):([0-9a-f]{64}) ([0-9a-f]{64})")


@dataclass(frozen=True)
class Anchor:
    """The chain's head at one moment; anchors are numbered, so that a missing one shows."""

    number: int
    at: datetime
    sequence: int
    hash: str

    @property
    def line(self) -> str:
        return f"{self._text} {keys.sign(PURPOSE, self._text)}"

    def is_signed(self, signature: str) -> bool:
        return keys.fits(PURPOSE, self._text, signature)

    @property
    def _text(self) -> str:
        at = self.at.isoformat(timespec="seconds")
        return f"carina-anchor {self.number} {at} {self.sequence}:{self.hash}"


def parsed(line: str) -> tuple[Anchor, str] | None:
    """The anchor in a line and its signature, which is not checked; None if there is none."""
    found = LINE.search(line)
    if found is None:
        return None
    number, at, sequence, digest, signature = found.groups()
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return Anchor(int(number), moment, int(sequence), digest), signature


def anchor_file() -> Path:
    """The file that anchors are appended to."""
    return Path(settings.AUDIT_ANCHOR_FILE or keys.audit_folder() / "anchors")


def anchors() -> list[Anchor]:
    """The anchors in the file whose signature fits, in their order."""
    if not anchor_file().exists():
        return []
    lines = anchor_file().read_text(errors="replace").splitlines()
    found = [parsed(line) for line in lines]
    return [anchor for anchor, signature in filter(None, found) if anchor.is_signed(signature)]


def anchor_if_due() -> Anchor | None:
    """Append an anchor if a day or enough events have passed since the last one; audit `record.anchored`."""
    with _locked():
        known = anchors()
        head = AuditHead.objects.filter(pk=1).first()
        if head is None or not head.sequence or not _is_due(known, head):
            return None
        number = max([_last_number(), *(each.number for each in known)]) + 1
        anchor = Anchor(number, datetime.now(UTC), head.sequence, head.hash)
        _append(anchor.line)
    facts = {"number": anchor.number, "head": f"{anchor.sequence}:{anchor.hash}"}
    record(actor=SYSTEM, action=ANCHORED, subject=SUBJECT, facts=facts)
    return anchor


def overdue() -> str:
    """Why the head is not safe outside the database, in words; "" if it is."""
    known = anchors()
    newest = max((anchor.at for anchor in known), default=None)
    if newest is None:
        newest = AuditEvent.objects.order_by("sequence").values_list("at", flat=True).first()
    if newest is None or datetime.now(UTC) - newest < OVERDUE:
        return ""
    return (
        f"The record's head has not been anchored outside the database since {newest:%Y-%m-%d %H:%M} UTC: "
        f"do beat and a worker run, and can {anchor_file()} be written?"
    )


def _is_due(known: list[Anchor], head: AuditHead) -> bool:
    if not known:
        return True
    last = known[-1]
    # a clock that was set back must not put the next anchor off by as much
    passed = abs(datetime.now(UTC) - last.at) >= EVERY
    return passed or head.sequence - last.sequence >= settings.AUDIT_ANCHOR_EVENTS


def _last_number() -> int:
    """The number of the last anchor on record; the file may have been lost or moved."""
    last = AuditEvent.objects.filter(action=ANCHORED).order_by("-sequence").first()
    number = last.facts.get("number") if last else 0
    return number if isinstance(number, int) else 0


@contextmanager
def _locked() -> Iterator[None]:
    handle = os.open(keys.audit_folder() / "anchors.lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _append(line: str) -> None:
    """Append the line and flush it to disk; half a line left by a power cut stays one of its own."""
    path = anchor_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, (b"\n" if torn else b"") + f"{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)
