"""A film's analysis: claim the scan, look at the film, store what the network says, once.

The claim is a conditional update, and so is the end: whoever lost the claim meanwhile (the sweeper gave the
scan to another worker) stores nothing. No transaction is open while the film is decoded or the network runs.
"""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus
from diagnosis.services import derived, faults, messenger, registry, worklist

if TYPE_CHECKING:
    from diagnosis.cnn.classifier import Classification, Classifier

logger = logging.getLogger(__name__)

WORKER = "worker"
HEATMAP_SIDE = 256  # seven by seven fields, smoothed: a larger picture shows no more and takes longer


@dataclass(frozen=True)
class Claim:
    """The right to end one attempt at a scan; it is lost when the sweeper puts the scan back."""

    scan: Scan
    attempt: int
    claimed_at: datetime

    def row(self) -> QuerySet[Scan]:
        """The scan's row while the claim holds, else nothing."""
        return Scan.objects.filter(
            pk=self.scan.pk,
            status=ScanStatus.ANALYSING,
            attempts=self.attempt,
            claimed_at=self.claimed_at,
        )


@dataclass
class Stopwatch:
    """Milliseconds a step, by name."""

    milliseconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.milliseconds[name] = round(1e3 * (time.perf_counter() - began), 2)


def claim(*, scan_id: int) -> Claim | None:
    """QUEUED → ANALYSING by one conditional update; None where the scan is not, or no longer, waiting."""
    with transaction.atomic():
        claimed = Scan.objects.filter(pk=scan_id, status=ScanStatus.QUEUED).update(
            status=ScanStatus.ANALYSING, attempts=F("attempts") + 1, claimed_at=timezone.now()
        )
        if not claimed:
            return None
        scan = Scan.objects.select_related("study").get(pk=scan_id)
    assert scan.claimed_at is not None
    return Claim(scan, scan.attempts, scan.claimed_at)


def analyse(*, scan_id: int, time_limit_error: type[Exception] = TimeoutError) -> None:
    """Analyse one scan from claim to end; a scan that is not waiting is left alone.

    Whatever goes wrong with the film or the analysis ends on the scan's row, in words. `time_limit_error` is
    what the caller's time limit raises. A failing database is raised: the sweeper then puts the scan back.
    """
    held = claim(scan_id=scan_id)
    if held is None:
        logger.info("scan %s does not wait for an analysis", scan_id)
        return
    try:
        _look(held)
    except Exception as error:
        fault = faults.explain(error, time_limit_error)
        if fault is None:
            raise
        if fault.unexpected:
            logger.exception("scan %s: the analysis failed", scan_id)
        _end(held, fault)


def retry(*, scan: Scan, actor: Actor) -> bool:
    """FAILED → QUEUED; the failed attempt stays on record. False where the scan is not failed any more."""
    facts = {"code": scan.reason_code, "reason": scan.reason, "attempts": scan.attempts}
    return _queue_again(scan, ScanStatus.FAILED, actor=actor, action="scan.retried", facts=facts)


def reanalyse(*, scan: Scan, actor: Actor) -> bool:
    """ANALYSED → QUEUED where another network answers by now; earlier predictions stay as they are.

    False where there is nothing new to ask: no active network, it has read this film, or the scan is not
    analysed any more.
    """
    model = registry.active_model()
    if model is None or Prediction.objects.filter(scan=scan, model_version=model).exists():
        return False
    facts = {"why": "another network is active", "model": str(model)}
    return _queue_again(scan, ScanStatus.ANALYSED, actor=actor, action="scan.requeued", facts=facts)


def queue_position(scan: Scan) -> int:
    """How many scans wait before this one; 0 for the next one and for those that do not wait."""
    if scan.status != ScanStatus.QUEUED:
        return 0
    before = Q(enqueued_at__lt=scan.enqueued_at) | Q(enqueued_at=scan.enqueued_at, pk__lt=scan.pk)
    return Scan.objects.filter(before, status=ScanStatus.QUEUED).count()


def _queue_again(scan: Scan, status: str, *, actor: Actor, action: str, facts: dict[str, Any]) -> bool:
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        where = {"study": study, "status": status, "finished_at": scan.finished_at}
        moved = Scan.objects.filter(pk=scan.pk, **where).update(
            status=ScanStatus.QUEUED,
            reason_code="",
            reason="",
            attempts=0,
            enqueued_at=timezone.now(),
            claimed_at=None,
            finished_at=None,
            set_aside_at=None,
            set_aside_by=None,
        )
        if not moved:
            return False
        worklist.refresh(study)
        messenger.announce_on_commit(scan.pk)
        _record(scan, study.public_id, action, facts, actor=actor)
    return True


def _look(held: Claim) -> None:
    """Decode, derive, classify and store. Raises what `faults.explain` puts into words."""
    # Here, because the web process imports this module too and needs neither network nor decoder.
    from diagnosis.cnn.heatmap import overlay
    from diagnosis.imaging import display, raster

    scan, watch = held.scan, Stopwatch()
    watch.milliseconds["queue"] = round(1e3 * (held.claimed_at - scan.enqueued_at).total_seconds(), 2)
    with watch.step("load"):
        path = _checked_original(scan)
    with watch.step("decode"):
        film = raster.read_raster(path, name=scan.original_name, max_pixels=settings.MAX_FILM_PIXELS)
    with watch.step("derive"):
        derived.write(derived.display(scan), display.display_image(film))
        derived.write(derived.thumbnail(scan), display.thumbnail(film))
    model = registry.active_model()
    if model is None:
        raise faults.NoActiveModel
    with watch.step("model"):
        classifier = _classifier(str(registry.folder_of(model)), model.checksum, settings.AVERAGE_LOOKS)
    classification = classifier.classify(film, gate=not scan.is_phantom)
    watch.milliseconds |= {name: round(value, 2) for name, value in classification.timings_ms.items()}
    with watch.step("heatmap"):
        picture = overlay(
            classification.activation_map,
            width=film.width,
            height=film.height,
            box=classification.activation_box,
            longest_side=HEATMAP_SIDE,
        )
        derived.write(derived.heatmap(scan, model), picture)
    derived.remove_leftovers(scan)
    _store(held, model, classification, watch.milliseconds)


def _checked_original(scan: Scan) -> Path:
    """Where the original lies, after a look that its bytes are the ones that were received."""
    path = Path(settings.DATA_DIR) / scan.original
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != scan.sha256:
        raise faults.OriginalChanged
    return path


@lru_cache(maxsize=1)  # one network a process, by its checksum: a promoted one takes the place of the other
def _classifier(folder: str, checksum: str, average_looks: bool) -> "Classifier":
    """The loaded network. Called in worker children only: nothing is loaded before the fork."""
    from diagnosis.cnn.bundle import BundleCorrupt, load_bundle
    from diagnosis.cnn.classifier import Classifier

    bundle = load_bundle(folder)
    if bundle.checksum != checksum:
        raise BundleCorrupt(f"{folder}: these are not the files that were registered")
    return Classifier(bundle, average_looks)


def _store(
    held: Claim, model: ModelVersion, classification: "Classification", timings: dict[str, float]
) -> None:
    scan = held.scan
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        if not _finish(held, ScanStatus.ANALYSED):
            return
        # A second run of the same network keeps the prediction that is there; the scan ends all the same.
        prediction, is_new = Prediction.objects.get_or_create(
            scan=scan,
            model_version=model,
            defaults={
                **{f"p_{finding}": value for finding, value in classification.probabilities.items()},
                "finding": classification.finding,
                "triage": classification.triage,
                "raw_probabilities": classification.raw_probabilities,
                "operating_point": classification.operating_point,
                "uncertainty": classification.uncertainty,
                "bundle_checksum": model.checksum,
                "original_sha256": scan.sha256,
                "input_sha256": classification.input_sha256,
                "library_versions": classification.library_versions,
                "timings_ms": timings,
                "heatmap": derived.heatmap(scan, model),
            },
        )
        worklist.refresh(study)
        _record(scan, study.public_id, "scan.analysed", _facts(held, prediction, is_new=is_new))


def _facts(held: Claim, prediction: Prediction, *, is_new: bool) -> dict[str, Any]:
    """What the audit chain keeps, so that a prediction that was changed in the database shows."""
    return {
        "prediction": str(prediction.public_id),
        "model": str(prediction.model_version),
        "bundle": prediction.bundle_checksum,
        "original": prediction.original_sha256,
        "input": prediction.input_sha256,
        "finding": prediction.finding,
        "triage": prediction.triage,
        # as words: a float need not come back from every database as it went in
        "probabilities": {name: f"{value:.6f}" for name, value in prediction.probabilities.items()},
        "looks": [f"{value:.6f}" for value in prediction.uncertainty.get("p_abnormal", [])],
        "unfamiliar": prediction.unfamiliar,
        "attempt": held.attempt,
        "new": is_new,
    }


def _end(held: Claim, fault: faults.Fault) -> None:
    """ANALYSING → REFUSED or FAILED, with the reason."""
    with transaction.atomic():
        study = worklist.lock(held.scan.study_id)
        if not _finish(held, fault.status, reason_code=fault.code, reason=fault.reason[:500]):
            return
        worklist.refresh(study)
        # the code only: the sentence may hold the file's name, and that a patient's
        facts = {"code": fault.code, "attempt": held.attempt}
        _record(held.scan, study.public_id, f"scan.{fault.status}", facts)


def _finish(held: Claim, status: str, **values: str) -> bool:
    """Move the row to its end while the claim holds; False where it was lost and nothing may be stored."""
    pictures = {
        "display": derived.existing(derived.display(held.scan)),
        "thumbnail": derived.existing(derived.thumbnail(held.scan)),
    }
    ended = {"status": status, "reason_code": "", "reason": "", "finished_at": timezone.now(), **pictures}
    if held.row().update(**ended | values):
        return True
    logger.warning("scan %s was given to another worker meanwhile; nothing is stored", held.scan.pk)
    return False


def _record(scan: Scan, study_id: Any, action: str, facts: dict[str, Any], *, actor: Actor = WORKER) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"scan:{scan.public_id}",
        clinic=scan.clinic_id,
        study_id=study_id,
        facts=facts,
    )
