"""Which of a film's stored results speaks for it: the one definition for pages, API, worklist and review."""

from collections.abc import Iterable

from django.db.models import Prefetch

from diagnosis.models import Prediction, Scan, ScanStatus


def speaking(predictions: Iterable[Prediction]) -> Prediction | None:
    """The active network's prediction where there is one, else the newest.

    A network that was withdrawn does not keep its word over the one that was put back in its place.
    """
    return max(predictions, key=lambda one: (bool(one.model_version.active), one.pk), default=None)


def current(scan: Scan) -> Prediction | None:
    """What stands for the film now; None while it is not analysed. Reads what `with_predictions` fetched."""
    return speaking(scan.predictions.all()) if scan.status == ScanStatus.ANALYSED else None


def with_predictions() -> Prefetch:
    """Each scan's predictions with their networks, the newest first, in one query for all scans."""
    return Prefetch("predictions", Prediction.objects.select_related("model_version").order_by("-id"))
