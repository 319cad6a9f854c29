"""Shows films to the candidate, after the active network has dealt with them and while none waits for it.

What is missing is found by the rows alone: each film that the active network analysed or refused since the
candidate was named and that the candidate has not seen. So no film's own analysis knows of this, no message
can be lost, and a film whose worker was killed is shown again. An errand keeps two workers apart and counts
how often a film stopped its worker.
"""

import logging
import secrets
import time
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.audit import Stored
from diagnosis.cnn.bundle import BundleError
from diagnosis.imaging.refusal import DecodingTooSlow, FilmRefused
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus
from diagnosis.models.shadow import Outcome, ShadowErrand, ShadowPrediction
from diagnosis.services import analysis, candidates, comparison, faults, history, registry, storage
from diagnosis.services.comparison import Said

if TYPE_CHECKING:
    from diagnosis.cnn.classifier import Classification, Classifier

logger = logging.getLogger(__name__)

SHADOW: Final = "shadow"
GRACE: Final = timedelta(seconds=10)
LATE: Final = timedelta(hours=1)  # by which a film may appear after others that were analysed later
MOST_ATTEMPTS: Final = 3
TROUBLES: Final = 3  # films in a row at which a candidate fails before it stops being one
NOT_READ: Final = "not_read"  # the film, or where it lies, is to blame, and not the candidate
BUSY: Final = (ScanStatus.QUEUED, ScanStatus.ANALYSING)


class CandidateFailed(Exception):
    """The candidate, and not the film, is why there is no answer."""


def run_due(*, seconds: float, time_limit_error: type[Exception] = TimeoutError) -> int:
    """Show films to the candidate until none is left, one waits for its own analysis, or time is over.

    Returns how many were tried. `time_limit_error` is what the caller's time limit raises. Database errors
    are raised: what was not stored is found missing the next time.
    """
    tried, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        pair = _pair()
        errand = _claim(*pair) if pair else None
        if pair is None or errand is None:
            break
        _show(errand, pair[0], pair[1], time_limit_error)
        tried += 1
    return tried


def waiting(candidate: ModelVersion, active: ModelVersion) -> QuerySet[Scan]:
    """The films that the active network has dealt with since and the candidate has not.

    Of those refused, only the ones that the network itself refused: they were decoded, and so have pictures.
    """
    seen = ShadowPrediction.objects.filter(scan=OuterRef("pk"), model_version=candidate)
    answered = Prediction.objects.filter(scan=OuterRef("pk"), model_version=active)
    refused = Q(status=ScanStatus.REFUSED, refused_by=active) & ~Q(display="")
    return (
        Scan.objects.filter(finished_at__gte=_unseen_from(candidate, active))
        .filter(Q(Exists(answered), status=ScanStatus.ANALYSED) | refused)
        .exclude(Exists(seen))
        .order_by("finished_at", "pk")
    )


def _unseen_from(candidate: ModelVersion, active: ModelVersion) -> datetime | None:
    """From when on films may be unseen; those before were shown, in their order, or never had to be.

    Looked for every few seconds, they are not to be looked for among all that the candidate ever saw.
    """
    since = candidate.candidate_since
    rows = ShadowPrediction.objects.filter(model_version=candidate, beside=active, created_at__gte=since)
    latest = rows.order_by("-pk").values_list("scan__finished_at", flat=True).first()
    tried = ShadowErrand.objects.filter(model_version=candidate, scan__finished_at__gte=since)
    first = tried.aggregate(at=Min("scan__finished_at"))["at"]
    if since is None or latest is None:
        return since
    return max(since, min(latest, first or latest) - LATE)


def _pair() -> tuple[ModelVersion, ModelVersion] | None:
    """Candidate and active network, if there is one of each and nothing else to do."""
    candidate = candidates.candidate()
    active = registry.active_model() if candidate else None
    if candidate is None or active is None or not storage.has_room_to_work():
        return None
    return None if Scan.objects.filter(status__in=BUSY).exists() else (candidate, active)


def _claim(candidate: ModelVersion, active: ModelVersion) -> ShadowErrand | None:
    """The errand of the film that waits longest and that nobody shows just now; None if there is none."""
    while True:
        now, limit = timezone.now(), timedelta(seconds=settings.ANALYSIS_HARD_SECONDS) + GRACE
        lately = (now - limit, now + limit)
        held = ShadowErrand.objects.filter(model_version=candidate, heard_at__range=lately)
        scan = waiting(candidate, active).exclude(Exists(held.filter(scan=OuterRef("pk")))).first()
        if scan is None:
            return None
        errand, is_new = ShadowErrand.objects.get_or_create(
            scan=scan, model_version=candidate, defaults={"attempts": 1, "heard_at": now}
        )
        row = ShadowErrand.objects.filter(pk=errand.pk).exclude(heard_at__range=lately)
        if is_new or row.update(heard_at=now, attempts=F("attempts") + 1):
            return ShadowErrand.objects.select_related("scan").get(pk=errand.pk)


def _show(
    errand: ShadowErrand, candidate: ModelVersion, active: ModelVersion, time_limit_error: type[Exception]
) -> None:
    """One attempt. What the film or this machine is to blame for is tried again after a while."""
    if errand.attempts > MOST_ATTEMPTS:
        _failed(errand, candidate, active, "stopped", f"its worker was stopped {MOST_ATTEMPTS} times")
        return
    try:
        said = _asked(errand.scan, candidate, time_limit_error)
    except BundleError as error:
        why = f"Its files cannot be used ({error}). Register it again, then name it anew."
        candidates.end_candidate(model_version=candidate, actor=SHADOW, trouble=why)
    except FilmRefused as refused:
        _store(errand, candidate, active, outcome=Outcome.REFUSED, code=refused.code[:32])
    except CandidateFailed as error:
        logger.exception("scan %s: the candidate failed", errand.scan_id)
        name = type(error.__cause__).__name__
        _failed(errand, candidate, active, name[:32], f"{name}: {error.__cause__}")
    except (OSError, DecodingTooSlow, faults.OriginalChanged) as error:
        logger.warning("scan %s cannot be read: %s", errand.scan_id, type(error).__name__)
        if errand.attempts == MOST_ATTEMPTS:
            _store(errand, candidate, active, outcome=Outcome.FAILED, code=NOT_READ)
    except (MemoryError, time_limit_error) as error:
        logger.warning("scan %s is shown to the candidate later: %s", errand.scan_id, type(error).__name__)
    else:
        _store(errand, candidate, active, outcome=Outcome.ANSWERED, **_values(said))


def _asked(scan: Scan, candidate: ModelVersion, time_limit_error: type[Exception]) -> "Classification":
    """The candidate's answer. Raises CandidateFailed, and what reading the film raises."""
    from diagnosis.imaging import sandbox  # here: the web process imports this module too

    classifier = _classifier(str(registry.folder_of(candidate)), candidate.checksum, settings.AVERAGE_LOOKS)
    limits = sandbox.Limits(settings.DECODE_SECONDS, settings.DECODE_MEGABYTES)
    film = sandbox.read_confined(
        analysis.checked_original(scan),
        limits=limits,
        name=scan.original_name,
        max_pixels=settings.MAX_FILM_PIXELS,
    )
    try:
        undone = scan.correction_undone_at is not None
        return classifier.classify(film, correct=not undone)
    except (FilmRefused, MemoryError, DatabaseError, time_limit_error):
        raise
    except Exception as error:
        raise CandidateFailed from error


@lru_cache(maxsize=1)
def _classifier(folder: str, checksum: str, average_looks: bool) -> "Classifier":
    """The loaded candidate; called in a worker's child only, as `analysis` does with the active network."""
    from diagnosis.cnn.bundle import BundleCorrupt, load_bundle
    from diagnosis.cnn.classifier import Classifier

    bundle = load_bundle(folder)
    if bundle.checksum != checksum:
        raise BundleCorrupt(f"{folder}: these are not the files that were registered")
    return Classifier(bundle, average_looks)


def _values(said: "Classification") -> dict[str, Any]:
    return {
        **{f"p_{finding}": value for finding, value in said.probabilities.items()},
        "finding": said.finding,
        "triage": said.triage,
        "raw_probabilities": said.raw_probabilities,
        "operating_point": said.operating_point,
        "uncertainty": said.uncertainty,
        "input_sha256": said.input_sha256,
        "library_versions": said.library_versions,
        "timings_ms": {name: round(value, 2) for name, value in said.timings_ms.items()},
    }


def _failed(
    errand: ShadowErrand, candidate: ModelVersion, active: ModelVersion, code: str, what: str
) -> None:
    """Store the failure; the candidate ends once it failed at several films in a row since it was named."""
    _store(errand, candidate, active, outcome=Outcome.FAILED, code=code)
    since = ShadowPrediction.objects.filter(
        model_version=candidate, created_at__gte=candidate.candidate_since
    )
    latest = since.exclude(code=NOT_READ).order_by("-pk")
    outcomes = list(latest.values_list("outcome", flat=True)[:TROUBLES])
    if outcomes == [Outcome.FAILED] * TROUBLES:
        why = f"It failed at {TROUBLES} films one after the other, the last time because {what}."
        candidates.end_candidate(model_version=candidate, actor=SHADOW, trouble=why)


def _store(
    errand: ShadowErrand, candidate: ModelVersion, active: ModelVersion, *, outcome: str, **values: Any
) -> None:
    """Store the row, once; nothing if the candidate ended meanwhile. The event tells nothing of a film."""
    scan = errand.scan
    prediction = Prediction.objects.filter(scan=scan, model_version=active).first()
    differs = _differs(prediction, values) if outcome == Outcome.ANSWERED and prediction else False
    drawn = secrets.SystemRandom().random() < settings.BLIND_READ_AGREEMENTS
    both = outcome == Outcome.ANSWERED and prediction is not None
    with transaction.atomic():
        if not ModelVersion.objects.filter(pk=candidate.pk, candidate=True).exists():
            return
        row, is_new = ShadowPrediction.objects.get_or_create(
            scan=scan,
            model_version=candidate,
            defaults={
                "beside": active,
                "prediction": prediction,
                "outcome": outcome,
                "bundle_checksum": candidate.checksum,
                "original_sha256": scan.sha256,
                "differs": differs,
                "to_read": both and (differs or drawn),
                **values,
            },
        )
        ShadowErrand.objects.filter(pk=errand.pk).delete()
        if is_new:
            facts = {"model": str(candidate), "bundle": candidate.checksum}
            history.write(candidate, "model.shadowed", facts, actor=SHADOW, rows=[Stored(row)])


def _differs(prediction: Prediction, values: dict[str, Any]) -> bool:
    active = Said(prediction.triage, prediction.p_abnormal)
    return comparison.differs(active, Said(values["triage"], 1.0 - values["p_normal"]))
