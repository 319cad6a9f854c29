"""Which picture a film is shown by: as it came, or as the network saw it whose result is the current one."""

from diagnosis.models import Scan, Study
from diagnosis.services import results, storage


def show_as_read(study: Study) -> None:
    """Show the study's films as the network saw them whose results are the current ones now."""
    for scan in Scan.objects.filter(study=study).prefetch_related(results.with_predictions()):
        current = results.current(scan)
        wanted = current.corrections if current else scan.shown_corrections
        if bool(wanted) == bool(scan.shown_corrections):
            continue
        pictures = {
            "display": storage.existing(storage.display_path(scan, corrected=bool(wanted))),
            "thumbnail": storage.existing(storage.thumbnail_path(scan, corrected=bool(wanted))),
        }
        if all(pictures.values()):
            Scan.objects.filter(pk=scan.pk).update(shown_corrections=wanted, **pictures)
