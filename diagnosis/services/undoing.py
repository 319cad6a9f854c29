"""Undoes the correction of a film that came as it should: it is shown as it came, and a person reads it.

No network is asked again: what it said of the corrected film does not count any more (`results.speaking`),
and a doctor reads the film without it. A network that reads it later is shown it as it came.
"""

from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import User
from diagnosis.models import CheckKind, Scan
from diagnosis.services import history, ledger, storage, worklist

UNDONE = ("correction_undone_at", "correction_undone_by")


def undo_correction(*, scan: Scan, person: User) -> bool:
    """Show a corrected film as it came; audit `scan.correction_undone`. False if there is nothing to undo."""
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        corrections = list(scan.shown_corrections)
        found = Scan.objects.filter(pk=scan.pk, study=study, correction_undone_at=None)
        if not corrections or not found.update(
            correction_undone_at=timezone.now(),
            correction_undone_by=person,
            shown_corrections=[],
            display=storage.existing(storage.display_path(scan)),
            thumbnail=storage.existing(storage.thumbnail_path(scan)),
        ):
            return False
        worklist.refresh(study)
        for code in corrections:
            ledger.note(scan, CheckKind.UNDONE, code, by=person)
        facts = {"corrections": corrections}
        rows = [Stored(scan, UNDONE)]
        history.write(scan, "scan.correction_undone", facts, actor=person, rows=rows)
    return True
