"""Names the candidate: a registered network that runs silently beside the active one; ends it again."""

import logging

from django.db import transaction
from django.utils import timezone

from accounts.audit import Actor, Stored
from accounts.models import User
from diagnosis.models import ModelVersion, Purpose
from diagnosis.services import history, registry
from diagnosis.services.registry import CANDIDATE

logger = logging.getLogger(__name__)


class NotACandidate(Exception):
    """This network cannot become or stop being the candidate; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def candidate(purpose: str = Purpose.CLASSIFICATION) -> ModelVersion | None:
    """The network that runs beside the active one, or None."""
    return ModelVersion.objects.filter(purpose=purpose, candidate=True).first()


def stopped() -> list[ModelVersion]:
    """The networks that the portal itself stopped as candidates, until somebody ends or names them anew."""
    return list(ModelVersion.objects.exclude(candidate_trouble=""))


def name_candidate(*, model_version: ModelVersion, actor: Actor) -> ModelVersion:
    """Let a registered network run silently beside the active one; audit `model.candidate`.

    The same one twice changes nothing. Raises BundleError if it cannot read a trial film, and NotACandidate.
    """
    registry.try_out(registry.load(model_version))
    with transaction.atomic():
        versions = registry.lock_versions(model_version.purpose)
        chosen = versions[model_version.pk]
        if chosen.candidate:
            return chosen
        _may_run(chosen, list(versions.values()))
        chosen.candidate, chosen.candidate_since, chosen.candidate_trouble = True, timezone.now(), ""
        chosen.candidate_by = actor if isinstance(actor, User) else None
        chosen.save(update_fields=CANDIDATE)
        facts = {"model": str(chosen), "checksum": chosen.checksum}
        history.write(chosen, "model.candidate", facts, actor=actor, rows=[Stored(chosen, CANDIDATE)])
    return chosen


def end_candidate(*, model_version: ModelVersion, actor: Actor, trouble: str = "") -> bool:
    """Stop showing films to the candidate; what it said stays on record; audit `model.candidate_ended`.

    trouble: why the portal itself stops it, kept on its row until somebody ends or names it anew. False if
    there was nothing to end.
    """
    with transaction.atomic():
        chosen = registry.lock_versions(model_version.purpose)[model_version.pk]
        if not chosen.candidate and (trouble or not chosen.candidate_trouble):
            return False
        chosen.candidate, chosen.candidate_since, chosen.candidate_by = None, None, None
        chosen.candidate_trouble = trouble[:500]
        chosen.save(update_fields=CANDIDATE)
        facts = {"model": str(chosen), "checksum": chosen.checksum, "why": chosen.candidate_trouble}
        history.write(chosen, "model.candidate_ended", facts, actor=actor, rows=[Stored(chosen, CANDIDATE)])
    if trouble:
        logger.error("%s is no candidate any more: %s", chosen, trouble)
    return True


def _may_run(chosen: ModelVersion, versions: list[ModelVersion]) -> None:
    """Raises NotACandidate."""
    other = next((row for row in versions if row.candidate), None)
    if chosen.active:
        raise NotACandidate(f"{chosen} is the active network.")
    if not any(row.active for row in versions):
        raise NotACandidate(f"No network is active, so that {chosen} has nothing to run beside: promote it.")
    if other is not None:
        raise NotACandidate(f"{other} is the candidate: end it first.")
