"""The registry: registers a bundle as a model version and makes a model version the active one.

Registering copies the bundle below DATA_DIR, under its checksum. The installed network then does not change
when the program is upgraded or a training folder is written again, and every worker finds it in the folder
they share; thirty megabytes are a small price for that.
"""

import contextlib
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import Actor, Stored
from accounts.models import User
from diagnosis.cnn.bundle import (
    DEFAULT,
    SHIPPED,
    Bundle,
    BundleCorrupt,
    BundleError,
    find_bundle,
    load_bundle,
)
from diagnosis.models import (
    MeasuredPoint,
    ModelPromotion,
    ModelVersion,
    Prediction,
    Purpose,
)
from diagnosis.services import comparison, framing, history, storage, worklist

logger = logging.getLogger(__name__)

CANDIDATE = ("candidate", "candidate_since", "candidate_by", "candidate_trouble")
PROMOTION = ("active", "promoted_at", "promoted_by")
LONGEST_REASON = 500


class NameTaken(BundleError):
    """A model with this name and version is already registered, with other contents."""


class PromotionRefused(Exception):
    """Too little is known of this network beside the active one; `message` says what is missing."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def shipped_bundle() -> Path:
    """The folder of the network shipped with the program."""
    return SHIPPED / DEFAULT


def active_model(purpose: str = Purpose.CLASSIFICATION) -> ModelVersion | None:
    """The network in use, or None."""
    return ModelVersion.objects.filter(purpose=purpose, active=True).first()


def folder_of(model_version: ModelVersion) -> Path:
    """The folder with the registered copy of the bundle."""
    return storage.path_of(model_version.bundle)


def load(model_version: ModelVersion) -> Bundle:
    """The registered bundle, checked against its recorded checksum.

    Raises BundleError (BundleCorrupt, BundleFormatUnsupported).
    """
    bundle = load_bundle(folder_of(model_version))
    if bundle.checksum != model_version.checksum:
        raise BundleCorrupt(f"{bundle.path}: these are not the files of {model_version} that were registered")
    return bundle


def register(*, bundle_path: Path | str, actor: Actor) -> ModelVersion:
    """Check and register a bundle (a folder, or the name of a shipped one); the same one twice is one row.

    Raises BundleError: corrupt, of another format, or its name and version are taken.
    """
    bundle = load_bundle(find_bundle(bundle_path))
    known = ModelVersion.objects.filter(checksum=bundle.checksum).first()
    if known is not None:
        _mend(known, bundle)
        return known
    _copy(bundle)
    with transaction.atomic():
        model_version, is_new = ModelVersion.objects.get_or_create(
            name=bundle.name,
            version=bundle.version,
            defaults={
                "bundle": _place(bundle),
                "checksum": bundle.checksum,
                "card": bundle.card,
                "purpose": Purpose.CLASSIFICATION,
            },
        )
        if model_version.checksum != bundle.checksum:
            raise NameTaken(
                f"{bundle.path}: {model_version} is already registered with other contents "
                f"(checksum {model_version.checksum[:12]}…, this one {bundle.checksum[:12]}…); "
                "give the new one a different version"
            )
        if is_new:
            _add_operating_points(model_version, bundle)
            stored = [Stored(model_version)]
            history.write(model_version, "model.registered", _facts(model_version), actor=actor, rows=stored)
    return model_version


def promote(*, model_version: ModelVersion, actor: Actor, reason: str = "") -> ModelVersion:
    """Make a registered network the active one, in place of the one before, and return it.

    The bundle is checked again and has to read a trial film: otherwise a broken network would fail every
    film of every clinic. Where another one answers already, it has to be a candidate of which enough films
    were read blind, or somebody gives the reason why not. Raises BundleError, PromotionRefused.
    """
    try_out(load(model_version))
    while (active := active_model(model_version.purpose)) != model_version:
        report = comparison.compared(model_version, active)  # outside: it may read very many rows
        if _take_over(model_version, active, report, actor, reason.strip()[:LONGEST_REASON]):
            logger.info("%s is the active network from now on", model_version)
            _put_back_in_front(model_version)
    model_version.refresh_from_db()
    return model_version


def latest_promotion(model_version: ModelVersion) -> ModelPromotion | None:
    """The latest promotion of a network, with what was known that day; None from before it was kept."""
    return ModelPromotion.objects.filter(model_version=model_version).order_by("-pk").first()


def missing(model_version: ModelVersion, active: ModelVersion | None, report: dict[str, Any]) -> str:
    """What a promotion without a reason still lacks, in words; "" if nothing."""
    if active is None or not Prediction.objects.exists():
        return ""  # nobody's films change hands
    if not model_version.candidate:
        return f"{model_version} is not the candidate: let it run beside {active} first, or say why not."
    return comparison.shortfall(report)


def lock_versions(purpose: str) -> dict[int, ModelVersion]:
    """Every network of a purpose, locked in one order, so that two who change them at once take turns."""
    rows = ModelVersion.objects.select_for_update().filter(purpose=purpose).order_by("pk")
    return {row.pk: row for row in rows}


@transaction.atomic
def _take_over(
    model_version: ModelVersion,
    active: ModelVersion | None,
    report: dict[str, Any],
    actor: Actor,
    reason: str,
) -> bool:
    """Write the promotion; False if another network is active by now than the one it was compared with."""
    versions = lock_versions(model_version.purpose)
    chosen = versions[model_version.pk]
    before = next((row for row in versions.values() if row.active), None)
    if before != active:
        return False
    lacking = missing(chosen, before, report)
    if lacking and not reason:
        raise PromotionRefused(lacking)
    if before is not None:
        before.active = None
        before.save(update_fields=["active"])
    by = actor if isinstance(actor, User) else None
    chosen.active, chosen.promoted_at, chosen.promoted_by = True, timezone.now(), by
    chosen.candidate, chosen.candidate_since, chosen.candidate_by, chosen.candidate_trouble = (
        None, None, None, "",
    )  # fmt: skip
    chosen.save(update_fields=[*PROMOTION, *CANDIDATE])
    promotion = ModelPromotion.objects.create(
        model_version=chosen,
        replaced=before,
        report=report,
        reason=reason if lacking else "",
        promoted_by=by,
    )
    facts = _facts(chosen, replaced=str(before) if before else "", lacking=lacking, reason=promotion.reason)
    stored = [Stored(chosen, (*PROMOTION, *CANDIDATE)), Stored(promotion)]
    stored += [Stored(before, PROMOTION)] if before else []
    history.write(chosen, "model.promoted", facts, actor=actor, rows=stored)
    return True


def _put_back_in_front(chosen: ModelVersion) -> None:
    """Refresh the studies that this network had read before: its results are the current ones again.

    One by one, after the promotion: with the models' rows still locked, an analysis that holds a study and
    stores a prediction would wait for us while we wait for it.
    """
    films = Prediction.objects.filter(model_version=chosen).values("scan")
    read_by_others = Prediction.objects.filter(scan__in=films).exclude(model_version=chosen)
    for study_id in set(read_by_others.values_list("scan__study", flat=True)):
        with transaction.atomic():
            study = worklist.lock(study_id)
            framing.show_as_read(study)
            worklist.refresh(study)


def try_out(bundle: Bundle) -> None:
    """Let the network read a phantom. Raises BundleCorrupt if it cannot."""
    # Imported here, because only promoting needs them.
    import numpy as np

    from diagnosis.cnn.classifier import Classifier
    from diagnosis.imaging.phantom import draw_phantom
    from diagnosis.imaging.radiograph import Radiograph

    pixels = np.asarray(draw_phantom(seed=0), dtype=np.float32) / np.float32(255)
    film = Radiograph(pixels, width=pixels.shape[1], height=pixels.shape[0])
    try:
        answer = Classifier(bundle).classify(film, gate=False)
    except (RuntimeError, ValueError) as error:
        raise BundleCorrupt(f"{bundle.path}: the network cannot be run ({error})") from error
    if abs(sum(answer.probabilities.values()) - 1) > 1e-3:
        raise BundleCorrupt(f"{bundle.path}: the network's probabilities do not add up to one")


def _add_operating_points(model_version: ModelVersion, bundle: Bundle) -> None:
    own = bundle.card.get("limits_set")
    films = f"films of {own['site']}" if own else "films of the validation split"
    MeasuredPoint.objects.bulk_create(
        MeasuredPoint(
            model_version=model_version,
            name=point.name,
            threshold=point.threshold,
            sensitivity=point.sensitivity,
            specificity=point.specificity,
            measured_on=f"{point.n} {films}",
        )
        for point in bundle.operating_points.values()
    )


def _facts(model_version: ModelVersion, **more: str) -> dict[str, str]:
    return {"model": str(model_version), "checksum": model_version.checksum, **more}


def _place(bundle: Bundle) -> str:
    return f"models/{bundle.checksum}"


def _mend(model_version: ModelVersion, bundle: Bundle) -> None:
    """Replace a lost or damaged copy when the same bundle is registered again."""
    try:
        load(model_version)
    except BundleError as error:
        logger.warning("%s is copied again: %s", model_version, error)
        _copy(bundle)


def _copy(bundle: Bundle) -> None:
    """Copy the bundle to its place, completely or not at all."""
    target = storage.path_of(_place(bundle))
    with contextlib.suppress(BundleError):
        if load_bundle(target).checksum == bundle.checksum:
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
    try:
        for file in sorted(bundle.path.iterdir()):
            if file.is_file():
                _copy_file(file, part / file.name)
        part.chmod(0o750)
        if load_bundle(part).checksum != bundle.checksum:
            raise BundleCorrupt(f"{bundle.path}: the bundle changed while it was copied; register it again")
        _take_place(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as old, target.open("wb") as new:
        shutil.copyfileobj(old, new)
        new.flush()
        os.fsync(new.fileno())


def _take_place(part: Path, target: Path) -> None:
    """Rename to the final name; a damaged copy there is moved aside first."""
    if target.exists():
        aside = part.with_name(f"{part.name}-old")
        target.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    try:
        part.rename(target)
    except OSError:  # another registration of the same bundle may have been faster
        load_bundle(target)
