"""Which of a film's stored results counts: the one definition for pages, API, worklist and review."""

from collections.abc import Iterable

from django.db.models import Prefetch

from diagnosis.models import Prediction, Scan, ScanStatus


def speaking(predictions: Iterable[Prediction]) -> Prediction | None:
    """The active network's prediction if there is one, else the newest.

    So a withdrawn network's result does not outrank that of the network put back in its place. One about the
    film as it was corrected does not count once somebody has undone that.
    """
    count = [one for one in predictions if not one.undone]
    return max(count, key=lambda one: (bool(one.model_version.active), one.pk), default=None)


def current(scan: Scan) -> Prediction | None:
    """The film's current result, or None while it is not analysed. Needs `with_predictions` prefetched."""
    return speaking(scan.predictions.all()) if scan.status == ScanStatus.ANALYSED else None


def with_predictions() -> Prefetch:
    """The prefetch of each scan's predictions with their networks and limits, newest first."""
    return Prefetch(
        "predictions", Prediction.objects.select_related("model_version", "limits").order_by("-id")
    )
