"""Verifies the audit chain: every event against its hash, the event before and the head."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from accounts.audit.chain import GENESIS, event_hash
from accounts.models import AuditEvent, AuditHead

PAGE = 2000


@dataclass(frozen=True)
class Fault:
    """Where the record is broken, and how; number 0 where no event tells of it."""

    sequence: int
    message: str


@dataclass
class _Walk:
    """The verifier's place in the chain: the previous event's number and its hashes, stored and computed."""

    sequence: int = 0
    hashes: set[str] = field(default_factory=lambda: {GENESIS})
    blamed: bool = False

    def step(self, sequence: int, event: AuditEvent | None) -> Iterator[Fault]:
        """Yield the faults of the next event found (None: it cannot be read)."""
        if sequence < 1:
            yield Fault(sequence, f"event {sequence} was never written by the portal")
            return
        follows = sequence == self.sequence + 1
        if not follows:
            yield _missing(self.sequence + 1, sequence - 1)
        own = _rehash(event)
        if event is None or own is None:
            yield Fault(sequence, f"event {sequence} cannot be read: a value in it was changed")
            self.sequence, self.hashes, self.blamed = sequence, set(), True
            return
        good = own == event.hash
        if not good or event.pk != sequence:
            yield Fault(sequence, f"event {sequence} was changed after it was written")
        elif follows and event.previous_hash not in self.hashes and not self.blamed:
            yield Fault(*_unlinked(self.sequence, sequence))
        self.sequence, self.hashes, self.blamed = sequence, {own, event.hash}, not good

    def end(self, head: AuditHead | None) -> Iterator[Fault]:
        """Compare the last event with the chain's head row."""
        if head is None:
            yield Fault(self.sequence, "the chain's head row is missing: the end cannot be checked")
        elif head.sequence > self.sequence:
            yield _missing(self.sequence + 1, head.sequence)
        elif head.sequence < self.sequence:
            yield Fault(
                head.sequence + 1,
                f"event {head.sequence + 1} lies beyond the chain's head: it was added, or the head set back",
            )
        elif head.hash not in self.hashes and not self.blamed:
            message = f"event {self.sequence} is not the one that the chain's head names"
            yield Fault(self.sequence, f"{message}: one of the two was changed")


def _rehash(event: AuditEvent | None) -> str | None:
    try:
        return event_hash(event) if event is not None else None
    except (AttributeError, TypeError, ValueError):  # not a valid time, or facts that are not JSON
        return None


def _missing(first: int, last: int) -> Fault:
    if first == last:
        return Fault(first, f"event {first} is missing")
    return Fault(first, f"events {first} to {last} are missing")


def _unlinked(before: int, sequence: int) -> tuple[int, str]:
    """The fault where both events match their own hashes but the second does not follow the first."""
    if before == 0:
        return sequence, f"event {sequence} does not begin the chain: it was replaced"
    return before, f"event {before} was replaced: event {sequence} followed another one"


def _readable(sequence: int) -> AuditEvent | None:
    try:
        return AuditEvent.objects.filter(sequence=sequence).first()
    except Exception:  # a tampered value can make the database driver raise anything
        return None


def events_after(sequence: int) -> Iterator[tuple[int, AuditEvent | None]]:
    """Every event after a sequence number, in order; None for a row that cannot be read."""
    while True:
        page = AuditEvent.objects.filter(sequence__gt=sequence).order_by("sequence")[:PAGE]
        numbers = list(page.values_list("sequence", flat=True))
        if not numbers:
            return
        try:
            rows: dict[int, AuditEvent | None] = {event.sequence: event for event in page}
        except Exception:  # one bad value spoils the page: read row by row to find it
            rows = {number: _readable(number) for number in numbers}
        for number in numbers:
            yield number, rows.get(number)
        sequence = numbers[-1]


def verify(watch: Callable[[AuditEvent], None] | None = None) -> Iterator[Fault]:
    """Walk the whole chain in order and yield every fault; an intact chain yields none.

    `watch` is shown every event that can be read, so that nobody has to walk the chain a second time.
    The portal can keep writing meanwhile: the head is locked only for the last few events.
    """
    walk = _Walk()
    reached = -1
    for sequence, event in events_after(reached):
        yield from walk.step(sequence, event)
        _show(event, watch)
        reached = sequence
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().filter(pk=1).first()
        rest = list(events_after(reached))
    for sequence, event in rest:
        yield from walk.step(sequence, event)
        _show(event, watch)
    yield from walk.end(head)


def _show(event: AuditEvent | None, watch: Callable[[AuditEvent], None] | None) -> None:
    if event is not None and watch is not None:
        watch(event)
