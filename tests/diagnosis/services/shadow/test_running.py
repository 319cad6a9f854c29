"""The candidate sees what the active network has dealt with, after it, once, whatever is killed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis import tasks
from diagnosis.cnn.bundle import load_bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus, Study
from diagnosis.models.shadow import Outcome, ShadowErrand, ShadowPrediction
from diagnosis.services import candidates, messenger, shadow, storage
from tests.conftest import Cast
from tests.diagnosis.bundles import another_version, entered, shipped
from tests.diagnosis.management.verify_audit_trail.past_the_portal import faults, rows_of
from tests.diagnosis.services.analysis.attempts import analysed
from tests.films import analysed_scan, promoted, queued_scan
from tests.shadows import named_candidate, shadowed

LONG_AGO = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nobody_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messenger, "announce", lambda: None)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second real bundle: the network that ships under another version."""
    return another_version(tmp_path_factory.mktemp("second") / "bundle", "9.9.9").path


@pytest.fixture
def candidate(db: None, second: Path) -> Iterator[ModelVersion]:
    entered(shipped(), active=True)
    version = entered(load_bundle(second))
    shadow._classifier.cache_clear()
    yield candidates.name_candidate(model_version=version, actor="test")
    shadow._classifier.cache_clear()


@pytest.fixture
def scan(cast: Cast, candidate: ModelVersion) -> Scan:
    """A film that the active network has analysed since the candidate was named."""
    return analysed(queued_scan(cast.clinic_a, cast.doctor))


def test_it_sees_each_film_once_and_changes_nothing_of_it(scan: Scan, candidate: ModelVersion) -> None:
    before = [list(model.objects.values()) for model in (Scan, Study, Prediction)]
    tasks.show_to_candidate()
    tasks.show_to_candidate()
    assert [list(model.objects.values()) for model in (Scan, Study, Prediction)] == before
    row, prediction = ShadowPrediction.objects.get(), Prediction.objects.get()
    assert (row.scan, row.model_version, row.prediction, row.outcome) == (
        scan, candidate, prediction, Outcome.ANSWERED,
    )  # fmt: skip
    assert (row.bundle_checksum, row.original_sha256) == (candidate.checksum, scan.sha256)
    assert row.input_sha256 == prediction.input_sha256
    assert row.p_normal == pytest.approx(prediction.p_normal, abs=1e-6), "the same weights, the same answer"
    assert row.differs is False
    assert not ShadowErrand.objects.exists()
    assert not [fault for fault in faults() if "shadow" in fault]
    rows_of(ShadowPrediction).update(p_normal=0.5)
    assert [fault for fault in faults() if fault.startswith(f"shadow {row.public_id}: its p normal is not")]
    event = AuditEvent.objects.get(action="model.shadowed")
    assert (event.study_id, event.clinic_id, sorted(event.facts)) == ("", None, ["bundle", "model"])


def test_films_from_before_it_was_named_are_left_out(scan: Scan, candidate: ModelVersion) -> None:
    Scan.objects.update(finished_at=timezone.now() - LONG_AGO)
    assert shadow.run_due(seconds=60) == 0


def test_films_are_not_looked_for_among_all_that_were_seen_and_late_and_tried_ones_are_found(
    cast: Cast,
) -> None:
    """Nothing is shown here: only which films wait."""
    films = [analysed_scan(cast.clinic_a, cast.technician, seed=seed) for seed in range(4)]
    candidate, active = named_candidate(), ModelVersion.objects.get(active=True)
    now = timezone.now()
    since = now - timedelta(days=3)
    ModelVersion.objects.filter(pk=candidate.pk).update(candidate_since=since)
    candidate.refresh_from_db()
    latest, late, tried, before = films
    for film, hours in ((latest, 0.0), (late, 0.5), (tried, 40.0), (before, 80.0)):
        Scan.objects.filter(pk=film.pk).update(finished_at=now - timedelta(hours=hours))
    assert shadow._unseen_from(candidate, active) == since
    assert list(shadow.waiting(candidate, active)) == [tried, late, latest]
    latest.refresh_from_db()
    shadowed(latest, candidate)
    assert shadow._unseen_from(candidate, active) == now - shadow.LATE
    assert list(shadow.waiting(candidate, active)) == [late]
    for film in (tried, before):
        ShadowErrand.objects.create(scan=film, model_version=candidate, attempts=1)
    assert list(shadow.waiting(candidate, active)) == [tried, late]
    other = promoted("2.0.0")
    assert shadow._unseen_from(candidate, other) == since, "what was seen beside another one tells nothing"


def test_it_waits_while_any_film_waits_or_is_analysed(scan: Scan, cast: Cast) -> None:
    other = queued_scan(cast.clinic_b, cast.stranger, seed=3)
    assert shadow.run_due(seconds=60) == 0
    Scan.objects.filter(pk=other.pk).update(status=ScanStatus.ANALYSING)
    assert shadow.run_due(seconds=60) == 0
    analysed_now = Scan.objects.filter(pk=other.pk)
    analysed_now.update(status=ScanStatus.FAILED)
    assert shadow.run_due(seconds=60) == 1


def test_a_full_disk_stops_it(scan: Scan, settings: SettingsWrapper) -> None:
    settings.MIN_FREE_BYTES = 10**18
    assert shadow.run_due(seconds=60) == 0


def test_a_film_whose_worker_was_killed_is_shown_again_and_given_up_in_the_end(
    scan: Scan, candidate: ModelVersion
) -> None:
    held = ShadowErrand.objects.create(scan=scan, model_version=candidate, attempts=1)
    assert shadow.run_due(seconds=60) == 0, "another worker may be at it"
    ShadowErrand.objects.filter(pk=held.pk).update(heard_at=timezone.now() - LONG_AGO)
    assert shadow.run_due(seconds=60) == 1
    assert ShadowPrediction.objects.get().outcome == Outcome.ANSWERED


def test_a_film_that_stops_its_worker_again_and_again_is_given_up(
    scan: Scan, candidate: ModelVersion
) -> None:
    ShadowErrand.objects.create(
        scan=scan, model_version=candidate, attempts=3, heard_at=timezone.now() - LONG_AGO
    )
    shadow.run_due(seconds=60)
    row = ShadowPrediction.objects.get()
    assert (row.outcome, row.code) == (Outcome.FAILED, "stopped")
    assert candidates.candidate() == candidate, "one film is not enough"


def test_a_film_that_cannot_be_read_just_now_is_tried_later(scan: Scan, candidate: ModelVersion) -> None:
    original = storage.path_of(scan.original)
    original.rename(original.with_suffix(".away"))  # as on a disk that is not mounted
    shadow.run_due(seconds=60)
    assert not ShadowPrediction.objects.exists()
    assert ShadowErrand.objects.get().attempts == 1
    assert candidates.candidate() == candidate


def test_other_bytes_than_the_active_network_read_are_not_shown(scan: Scan, candidate: ModelVersion) -> None:
    with storage.path_of(scan.original).open("ab") as original:
        original.write(b"and more")  # it can be decoded all the same
    shadow.run_due(seconds=60)
    assert not ShadowPrediction.objects.exists()
    assert ShadowErrand.objects.get().attempts == 1


def test_films_that_cannot_be_read_for_long_are_given_up_and_the_candidate_is_not_to_blame(
    scan: Scan, candidate: ModelVersion, cast: Cast
) -> None:
    films = [scan, *(analysed(queued_scan(cast.clinic_a, cast.doctor, seed=seed)) for seed in (1, 2))]
    for film in films:
        original = storage.path_of(film.original)
        original.rename(original.with_suffix(".away"))
    for _ in range(shadow.MOST_ATTEMPTS + 1):
        shadow.run_due(seconds=60)
        ShadowErrand.objects.update(heard_at=timezone.now() - LONG_AGO)
    outcomes = list(ShadowPrediction.objects.values_list("outcome", "code"))
    assert outcomes == [(Outcome.FAILED, shadow.NOT_READ)] * 3
    assert not ShadowErrand.objects.exists()
    assert candidates.candidate() == candidate


def test_a_candidate_named_anew_is_not_ended_by_its_failures_of_before(
    scan: Scan, candidate: ModelVersion, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (1, 2):
        shadowed(queued_scan(cast.clinic_a, cast.doctor, seed=seed), candidate, outcome=Outcome.FAILED)
    Scan.objects.exclude(pk=scan.pk).update(status=ScanStatus.FAILED)
    candidates.end_candidate(model_version=candidate, actor="test")
    candidates.name_candidate(model_version=candidate, actor="test")
    Scan.objects.filter(pk=scan.pk).update(finished_at=timezone.now())

    def fails(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("no such tensor")

    monkeypatch.setattr(Classifier, "classify", fails)
    shadow.run_due(seconds=60)
    assert ShadowPrediction.objects.filter(scan=scan, outcome=Outcome.FAILED).exists()
    assert candidates.candidate() == candidate


def test_a_candidate_whose_files_are_broken_stops_being_one_and_says_so(
    scan: Scan, candidate: ModelVersion
) -> None:
    ModelVersion.objects.filter(pk=candidate.pk).update(bundle="nowhere")
    shadow.run_due(seconds=60)
    candidate.refresh_from_db()
    assert candidates.candidate() is None
    assert "Its files cannot be used" in candidate.candidate_trouble
    assert candidates.stopped() == [candidate]
    assert AuditEvent.objects.get(action="model.candidate_ended").actor == "shadow"
    scan.refresh_from_db()
    assert scan.status == ScanStatus.ANALYSED


def test_a_candidate_that_fails_at_film_after_film_stops_being_one(
    scan: Scan, candidate: ModelVersion, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (1, 2):
        analysed(queued_scan(cast.clinic_a, cast.doctor, seed=seed))

    def fails(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("no such tensor")

    monkeypatch.setattr(Classifier, "classify", fails)
    shadow.run_due(seconds=60)
    outcomes = list(ShadowPrediction.objects.values_list("outcome", "code"))
    assert outcomes == [(Outcome.FAILED, "RuntimeError")] * 3
    candidate.refresh_from_db()
    assert "no such tensor" in candidate.candidate_trouble
    assert candidates.candidate() is None


def test_what_was_found_for_a_candidate_that_ended_meanwhile_is_dropped(
    scan: Scan, candidate: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    classify = Classifier.classify

    def while_it_ends(*args: object, **options: object) -> object:
        candidates.end_candidate(model_version=candidate, actor="test")
        return classify(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Classifier, "classify", while_it_ends)
    shadow.run_due(seconds=60)
    assert not ShadowPrediction.objects.exists()


@pytest.mark.parametrize(("share", "to_read"), [(0.0, False), (1.0, True)])
def test_a_share_of_the_agreements_is_read_too(
    scan: Scan, settings: SettingsWrapper, share: float, to_read: bool
) -> None:
    settings.BLIND_READ_AGREEMENTS = share
    shadow.run_due(seconds=60)
    row = ShadowPrediction.objects.get()
    assert (row.differs, row.to_read) == (False, to_read)
