"""Analyses a film: claims the scan, runs the network and stores its result, once.

Claim and end are conditional updates (`lifecycle`): a worker that lost its claim meanwhile (the sweeper gave
the scan to another one) stores nothing. No transaction is open while the film is decoded or the network runs.
"""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from accounts.audit import Stored
from diagnosis.models import ModelVersion, OperatingPoint, Prediction, Scan, ScanStatus
from diagnosis.services import (
    faults,
    film_statistics,
    history,
    ledger,
    lifecycle,
    overtime,
    pictures,
    registry,
    standing,
    storage,
    worklist,
)
from diagnosis.services.lifecycle import WORKER, Claim

if TYPE_CHECKING:
    from diagnosis.cnn.classifier import Classification, Classifier
    from diagnosis.imaging.radiograph import Radiograph

logger = logging.getLogger(__name__)

HEATMAP_SIDE = 256  # the map has seven by seven fields: a larger picture shows no more and takes longer


@dataclass
class Stopwatch:
    """The milliseconds of each step, by name."""

    milliseconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.milliseconds[name] = round(1e3 * (time.perf_counter() - began), 2)


def analyse(*, scan_id: int, time_limit_error: type[Exception] = TimeoutError) -> None:
    """Analyse one scan from claim to end; a scan that is not waiting is left alone.

    If the film or the analysis fails, the reason is stored on the scan's row, in words. `time_limit_error` is
    what the caller's time limit raises. Database errors are raised: the sweeper then puts the scan back.
    """
    held = lifecycle.claim(scan_id=scan_id)
    if held is None:
        logger.info("scan %s is not waiting for an analysis", scan_id)
        return
    _attempt(held, time_limit_error)


def analyse_next(*, time_limit_error: type[Exception] = TimeoutError) -> None:
    """Analyse the scan whose turn it is as `analyse` does; nothing happens if none waits."""
    if not storage.has_room_to_work():  # all stay queued; the sweeper calls again when there is room
        logger.error("no film is analysed: DATA_DIR is full or cannot be written")
        return
    held = lifecycle.claim_next()
    if held is not None:
        _attempt(held, time_limit_error)


def _attempt(held: Claim, time_limit_error: type[Exception]) -> None:
    measured: dict[str, float] = {}
    try:
        with overtime.noted(held.scan):
            _examine(held, measured)
    except Exception as error:
        fault = faults.explain(error, time_limit_error)
        if fault is None:
            raise
        if fault.unexpected:
            logger.exception("scan %s: the analysis failed", held.scan.pk)
        lifecycle.end(held, fault, measured)


def _examine(held: Claim, measured: dict[str, float]) -> None:
    """Decode, measure (into `measured`), derive, classify and store.

    Raises what `faults.explain` puts into words.
    """
    # Here, because the web process imports this module too and needs neither network nor decoder.
    from diagnosis.cnn import film_statistics as pictures_in_figures
    from diagnosis.cnn.heatmap import overlay
    from diagnosis.imaging import correction, sandbox

    scan, watch = held.scan, Stopwatch()
    watch.milliseconds["queue"] = round(1e3 * (held.claimed_at - scan.enqueued_at).total_seconds(), 2)
    with watch.step("load"):
        path = checked_original(scan)
    with watch.step("decode"):
        limits = sandbox.Limits(settings.DECODE_SECONDS, settings.DECODE_MEGABYTES)
        film = sandbox.read_confined(
            path, limits=limits, name=scan.original_name, max_pixels=settings.MAX_FILM_PIXELS
        )
    if scan.media_type == pictures.DICOM:
        lifecycle.pixels_read(held, film.facts)
    with watch.step("measure"):
        measured.update(pictures_in_figures.film_statistics(film))
    with watch.step("derive"):
        _show(scan, film)
    model = held.network
    if model is None:
        raise faults.NoActiveModel
    with watch.step("model"):
        classifier = _classifier(str(registry.folder_of(model)), model.checksum, settings.AVERAGE_LOOKS)
    by_limits = standing.in_force(clinic_id=scan.clinic_id, model_version=model)
    undone = scan.correction_undone_at is not None
    classification = classifier.classify(film, correct=not undone, bands=bands_of(by_limits))
    corrections = ledger.codes(classification.quality, "corrections")
    shown = correction.corrected(film, corrections)
    if corrections:
        with watch.step("correct"):
            _show(scan, shown, corrected=True)
    watch.milliseconds |= {name: round(value, 2) for name, value in classification.timings_ms.items()}
    with watch.step("heatmap"):
        picture = overlay(
            classification.activation_map,
            width=shown.width,
            height=shown.height,
            box=classification.activation_box,
            longest_side=HEATMAP_SIDE,
        )
        storage.write_picture(storage.heatmap_path(scan, model), picture)
    storage.remove_leftovers(scan)
    _store(held, model, classification, watch.milliseconds, measured)


def _show(scan: Scan, film: "Radiograph", *, corrected: bool = False) -> None:
    """Write the picture that people see of a film and its small one."""
    from diagnosis.imaging import display

    large, small = display.both(film)
    storage.write_picture(storage.display_path(scan, corrected=corrected), large)
    storage.write_picture(storage.thumbnail_path(scan, corrected=corrected), small)


def checked_original(scan: Scan) -> Path:
    """The path of the original; raises OriginalChanged if its bytes are not the ones received."""
    path = storage.path_of(scan.original)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != scan.sha256:
        raise faults.OriginalChanged
    return path


@lru_cache(maxsize=1)  # one network per process: a promoted one replaces the one before
def _classifier(folder: str, checksum: str, average_looks: bool) -> "Classifier":
    """The loaded network; called in worker children only, because nothing may be loaded before the fork."""
    from diagnosis.cnn.bundle import BundleCorrupt, load_bundle
    from diagnosis.cnn.classifier import Classifier

    bundle = load_bundle(folder)
    if bundle.checksum != checksum:
        raise BundleCorrupt(f"{folder}: these are not the files that were registered")
    return Classifier(bundle, average_looks)


def _store(
    held: Claim,
    model: ModelVersion,
    classification: "Classification",
    timings: dict[str, float],
    measured: dict[str, float],
) -> None:
    scan = held.scan
    with transaction.atomic():
        study = worklist.lock(scan.study_id)
        limits = standing.in_force(clinic_id=scan.clinic_id, model_version=model)
        # Whoever undid a correction said that a person reads this film first, whatever network answers later.
        undone = Scan.objects.get(pk=scan.pk).correction_undone_at is not None
        finding, triage = told_by(classification, limits, undone=undone)
        if not lifecycle.finish(held, ScanStatus.ANALYSED, **_pictures(scan, classification, undone=undone)):
            return
        # A second run of the same network keeps the stored prediction; the scan ends all the same.
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
                "quality": classification.quality,
                "bundle_checksum": model.checksum,
                "original_sha256": scan.sha256,
                "input_sha256": classification.input_sha256,
                "library_versions": classification.library_versions,
                "timings_ms": timings,
                "heatmap": storage.heatmap_path(scan, model),
                "limits": limits,
                "told_finding": finding,
                "told_triage": triage,
            },
        )
        if is_new:
            film_statistics.note_analysed(prediction, measured)
            ledger.note_analysed(prediction)
        worklist.refresh(study)
        facts = _facts(held, prediction, is_new=is_new)
        stored = [Stored(prediction)] if is_new else []
        history.write(scan, "scan.analysed", facts, actor=WORKER, rows=stored)


def bands_of(limits: OperatingPoint | None) -> list[tuple[float, float]]:
    """The unsure band of limits, if there are any, as `Classifier.classify` takes it."""
    return [(limits.normal_below, limits.pathological_from)] if limits else []


def _pictures(scan: Scan, classification: "Classification", *, undone: bool) -> dict[str, Any]:
    """Which pictures the film is shown by: those of the corrected film, unless somebody undid that."""
    corrections = ledger.codes(classification.quality, "corrections")
    if undone or not corrections:
        return {}
    return {
        "display": storage.display_path(scan, corrected=True),
        "thumbnail": storage.thumbnail_path(scan, corrected=True),
        "shown_corrections": corrections,
    }


def told_by(
    classification: "Classification", limits: OperatingPoint | None, *, undone: bool = False
) -> tuple[str, str]:
    """The finding and the triage that people are told, by the limits in force in the film's clinic.

    undone: somebody undid a correction of this film, so that a person reads it first.
    """
    from diagnosis.cnn.answer import told
    from diagnosis.cnn.quality import doubtful
    from diagnosis.cnn.uncertainty import Reach

    wobble = classification.uncertainty
    film = any(wobble[doubt] for doubt in ("unfamiliar", "few_grey_levels", "lungs_not_found"))
    return told(
        classification.probabilities,
        wobble["p_abnormal"],
        band=next(iter(bands_of(limits)), None),
        doubtful=film or doubtful(classification.quality) or undone,
        reach=Reach.of(wobble["reach"]) if "reach" in wobble else None,
    )


def _facts(held: Claim, prediction: Prediction, *, is_new: bool) -> dict[str, Any]:
    """The facts for the audit chain, which reveal a prediction that was later changed in the database."""
    return {
        "prediction": str(prediction.public_id),
        "model": str(prediction.model_version),
        "bundle": prediction.bundle_checksum,
        "original": prediction.original_sha256,
        "input": prediction.input_sha256,
        # as told, which the history shows, and the network's own
        "finding": prediction.told_finding,
        "triage": prediction.told_triage,
        "standing": str(prediction.standing),
        "limits": str(prediction.limits.public_id) if prediction.limits else "",
        "network_finding": prediction.finding,
        "network_triage": prediction.triage,
        # as text: not every database returns a float exactly as stored
        "probabilities": {name: f"{value:.6f}" for name, value in prediction.probabilities.items()},
        "looks": [f"{value:.6f}" for value in prediction.uncertainty.get("p_abnormal", [])],
        "unfamiliar": prediction.unfamiliar,
        "corrections": prediction.corrections,
        "cautions": prediction.cautions,
        "checks": prediction.quality.get("checks", ""),
        "attempt": held.attempt,
        "new": is_new,
    }
