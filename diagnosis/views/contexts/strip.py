"""The strip of films below the stage: how each stands, and which one is on the stage when the page opens."""

from dataclasses import dataclass

from diagnosis.models import Scan, ScanStatus


@dataclass(frozen=True)
class Mark:
    """A film's standing as a sign, and in words for whoever does not see it."""

    code: str
    sign: str
    words: str


def mark_of(scan: Scan, *, read: bool) -> Mark:
    if scan.set_aside_at is not None:
        return Mark("aside", "⊘", "dismissed")
    if read:
        return Mark("read", "✓", "read")
    if scan.status in (ScanStatus.REFUSED, ScanStatus.FAILED):
        return Mark("trouble", "!", str(scan.get_status_display()).lower())
    if not scan.is_final:
        return Mark("waiting", "◌", "waits for the network")
    return Mark("unread", "●", "to be read")
