"""Compares the chain with anchors: those in the portal's own file, and copies that were sent elsewhere."""

from collections.abc import Iterable, Iterator

from accounts.audit.anchors import ANCHORED, Anchor, anchor_file, parsed
from accounts.audit.verification import Fault
from accounts.models import AuditEvent


class AnchorComparison:
    """One comparison of chain and anchors."""

    def __init__(self) -> None:
        self._made: dict[int, int] = {}  # by number of the anchor: the event that tells of it
        self._numbers: set[int] = set()

    @property
    def anchors(self) -> int:
        """How many anchors were found whose signature fits."""
        return len(self._numbers)

    def take(self, event: AuditEvent) -> None:
        """Take up the next event of the chain."""
        if event.action == ANCHORED and isinstance(event.facts, dict):
            number = event.facts.get("number")
            if isinstance(number, int):
                self._made[number] = event.sequence

    def faults(self, copies: Iterable[str] = ()) -> Iterator[Fault]:
        """Yield every anchored head that the chain does not contain, and every missing or forged anchor.

        `copies`: the texts of mails or other copies; lines of theirs that hold no anchor are passed over.
        """
        own = anchor_file().read_text(errors="replace") if anchor_file().exists() else ""
        for place, line in enumerate(own.splitlines(), start=1):
            if line.strip():
                yield from self._check(line, f"line {place} of {anchor_file()}")
        for name, text in enumerate(copies, start=1):
            for place, line in enumerate(text.splitlines(), start=1):
                if "carina-anchor" in line:
                    yield from self._check(line, f"line {place} of copy {name}")
        for number, sequence in self._made.items():
            if number not in self._numbers:
                message = f"anchor {number} was made here and is missing from {anchor_file()}"
                yield Fault(sequence, f"{message}; if you have a copy, name it with --anchors")

    def _check(self, line: str, where: str) -> Iterator[Fault]:
        found = parsed(line)
        if found is None:
            yield Fault(0, f"{where} is no anchor: it was cut or changed")
            return
        anchor, signature = found
        if not anchor.is_signed(signature):
            yield Fault(0, f"{where} is not signed with an audit key of this portal: changed or forged")
            return
        self._numbers.add(anchor.number)
        yield from _contained(anchor)


def _contained(anchor: Anchor) -> Iterator[Fault]:
    digest = AuditEvent.objects.filter(sequence=anchor.sequence).values_list("hash", flat=True).first()
    if digest != anchor.hash:
        when = f"{anchor.at:%Y-%m-%d %H:%M} UTC"
        how = "the end was cut off" if digest is None else "the record was rewritten"
        message = f"anchor {anchor.number} of {when} names another event {anchor.sequence}: {how}"
        yield Fault(anchor.sequence, message)
