"""One candidate at a time, named by somebody, on record, and never the active network."""

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.cnn.bundle import BundleCorrupt
from diagnosis.models import ModelPromotion, ModelVersion
from diagnosis.services import candidates, registry
from diagnosis.services.candidates import NotACandidate
from tests.conftest import Cast
from tests.diagnosis.bundles import light
from tests.films import analysed_scan, model_version
from tests.shadows import named_candidate, read_blind, shadowed


@pytest.fixture
def versions(db: None, tmp_path: Path) -> list[ModelVersion]:
    """Three registered networks, none of them active."""
    return [
        registry.register(bundle_path=light(tmp_path / number, version=number).path, actor="test")
        for number in ("1", "2", "3")
    ]


def test_one_is_named_and_ended_on_record(versions: list[ModelVersion], cast: Cast) -> None:
    first, second, third = versions
    with pytest.raises(NotACandidate, match="No network is active"):
        candidates.name_candidate(model_version=second, actor=cast.operator)
    registry.promote(model_version=first, actor=cast.operator)
    with pytest.raises(NotACandidate, match="is the active network"):
        candidates.name_candidate(model_version=first, actor=cast.operator)
    for _ in range(2):
        candidates.name_candidate(model_version=second, actor=cast.operator)
    with pytest.raises(NotACandidate, match="light 2 is the candidate: end it first"):
        candidates.name_candidate(model_version=third, actor=cast.operator)
    named = candidates.candidate()
    assert named is not None
    assert (named, named.candidate_by) == (second, cast.operator)
    assert candidates.end_candidate(model_version=second, actor=cast.operator)
    assert not candidates.end_candidate(model_version=second, actor=cast.operator)
    assert candidates.candidate() is None
    told = AuditEvent.objects.filter(action__startswith="model.candidate").values_list("action", "actor")
    assert list(told) == [
        ("model.candidate", cast.operator.email), ("model.candidate_ended", cast.operator.email),
    ]  # fmt: skip
    assert list(audit.verify()) == []


def test_a_network_that_cannot_read_a_film_never_becomes_one(versions: list[ModelVersion]) -> None:
    first, second, _ = versions
    registry.promote(model_version=first, actor="test")
    (registry.folder_of(second) / "card.json").write_text("{}")
    with pytest.raises(BundleCorrupt):
        candidates.name_candidate(model_version=second, actor="test")


def test_the_database_takes_no_second_candidate(db: None) -> None:
    named_candidate("1")
    with pytest.raises(IntegrityError), transaction.atomic():
        named_candidate("2")


def test_promoting_asks_for_the_comparison_or_a_reason_once_films_were_read(
    versions: list[ModelVersion], cast: Cast
) -> None:
    first, second, third = versions
    registry.promote(model_version=first, actor="test")
    registry.promote(model_version=second, actor="test")  # nobody's film was read by the first
    model_version(active=None)  # who reads the film for this test
    analysed_scan(cast.clinic_a, cast.doctor)
    with pytest.raises(registry.PromotionRefused, match="light 3 is not the candidate"):
        registry.promote(model_version=third, actor="test")
    candidates.name_candidate(model_version=third, actor="test")
    with pytest.raises(registry.PromotionRefused, match="has not run beside"):
        registry.promote(model_version=third, actor="test", reason="  ")
    assert registry.active_model() == second
    registry.promote(model_version=third, actor=cast.operator, reason="the other one fails")
    kept = registry.latest_promotion(third)
    assert kept is not None
    assert (kept.replaced, kept.reason, kept.promoted_by) == (second, "the other one fails", cast.operator)
    event = AuditEvent.objects.filter(action="model.promoted").last()
    assert event is not None
    assert (event.facts["reason"], "has not run" in event.facts["lacking"]) == ("the other one fails", True)
    assert candidates.candidate() is None, "it is the active network now"
    assert list(audit.verify()) == []


def test_enough_blind_reads_promote_without_a_reason_and_the_report_is_kept(
    versions: list[ModelVersion], cast: Cast, settings: object
) -> None:
    settings.BLIND_READS_NEEDED = 1  # type: ignore[attr-defined]
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    candidate = candidates.name_candidate(model_version=versions[0], actor="test")
    read_blind(shadowed(scan, candidate), cast.colleague, "normal")
    registry.promote(model_version=candidate, actor=cast.operator, reason="not needed")
    kept = ModelPromotion.objects.get()
    assert kept.reason == ""
    assert kept.replaced == model_version()
    assert kept.report["disagreements"]["candidate"] == 1
    assert registry.active_model() == candidate
