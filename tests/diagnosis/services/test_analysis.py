"""A film is analysed once, by the real network, and whatever goes wrong ends on its row in words."""

import hashlib
import io
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import SettingsWrapper

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.cnn.bundle import Bundle
from diagnosis.imaging import display
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus, StudyState
from diagnosis.services import analysis, faults, lifecycle, messenger, registry, storage, sweeper
from tests.conftest import Cast
from tests.diagnosis.bundles import another_version, entered, shipped
from tests.films import keep, queued_scan


@pytest.fixture
def network(db: None) -> ModelVersion:
    return entered(shipped(), active=True)


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return queued_scan(cast.clinic_a, cast.doctor)


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Scans that workers were told of; no broker runs in these tests."""
    told: list[int] = []
    monkeypatch.setattr(messenger, "announce", told.append)
    monkeypatch.setattr(messenger, "waiting", lambda: 0)
    return told


def analysed(scan: Scan) -> Scan:
    analysis.analyse(scan_id=scan.pk)
    scan.refresh_from_db()
    return scan


def with_bytes(scan: Scan, content: bytes, name: str = "film.png") -> Scan:
    """The scan with another original, as intake would have stored it."""
    scan.sha256 = hashlib.sha256(content).hexdigest()
    scan.original = keep(f"originals/{scan.sha256}-{name}", content)
    scan.save()
    return scan


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def actions() -> list[str]:
    return list(AuditEvent.objects.values_list("action", flat=True))


def test_a_film_ends_with_a_prediction_that_says_how_it_came_about(scan: Scan, network: ModelVersion) -> None:
    scan = analysed(scan)
    prediction = Prediction.objects.get(scan=scan)
    assert scan.status == ScanStatus.ANALYSED
    assert scan.finished_at is not None
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert prediction.finding == max(prediction.probabilities, key=prediction.probabilities.__getitem__)
    assert sum(prediction.raw_probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert (prediction.model_version, prediction.bundle_checksum) == (network, shipped().checksum)
    assert prediction.original_sha256 == scan.sha256
    assert len(prediction.input_sha256) == 64
    assert {"numpy", "pillow", "ai-edge-litert"} <= set(prediction.library_versions)
    assert {"queue", "decode", "preprocess", "network", "looks", "heatmap"} <= set(prediction.timings_ms)
    assert prediction.uncertainty["p_abnormal"][0] == pytest.approx(prediction.p_abnormal)
    for path in (scan.display, scan.thumbnail, prediction.heatmap):
        with Image.open(settings.DATA_DIR / path) as picture:
            picture.load()
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.TO_REVIEW
    assert scan.study.network_finding == prediction.finding
    event = AuditEvent.objects.get(action="scan.analysed")
    assert event.facts["probabilities"]["normal"] == f"{prediction.p_normal:.6f}"
    assert event.facts["looks"] == [f"{view:.6f}" for view in prediction.uncertainty["p_abnormal"]]
    assert event.study_id == str(scan.study.public_id)
    assert list(audit.verify()) == []


def test_a_network_of_two_classes_stores_nothing_for_the_third(
    scan: Scan, pneumonia_or_normal: Bundle
) -> None:
    entered(pneumonia_or_normal, active=True)
    prediction = Prediction.objects.get(scan=analysed(scan))
    assert prediction.p_covid19 is None
    assert prediction.p_pneumonia + prediction.p_normal == pytest.approx(1, abs=1e-5)
    assert set(prediction.probabilities) == set(prediction.raw_probabilities) == {"pneumonia", "normal"}
    assert prediction.finding in prediction.probabilities
    facts = AuditEvent.objects.get(action="scan.analysed").facts
    assert set(facts["probabilities"]) == {"pneumonia", "normal"}
    scan.study.refresh_from_db()
    assert scan.study.network_probability == prediction.probabilities[prediction.finding]


def test_a_clinic_may_ask_for_the_mean_of_the_views(
    scan: Scan, network: ModelVersion, settings: SettingsWrapper
) -> None:
    settings.AVERAGE_LOOKS = True
    analysed(scan)
    prediction = Prediction.objects.get(scan=scan)
    assert prediction.uncertainty["averaged"] is True
    assert prediction.p_abnormal != pytest.approx(prediction.uncertainty["p_abnormal"][0], abs=1e-9)


def test_a_second_delivery_of_the_message_changes_nothing(scan: Scan, network: ModelVersion) -> None:
    first = analysed(scan).finished_at
    assert analysed(scan).finished_at == first
    assert scan.attempts == 1
    assert actions() == ["scan.analysed"]


def test_of_two_workers_one_gets_the_scan(scan: Scan) -> None:
    assert lifecycle.claim(scan_id=scan.pk) is not None
    assert lifecycle.claim(scan_id=scan.pk) is None


def test_a_worker_that_wakes_after_the_scan_was_given_to_another_stores_nothing(
    scan: Scan, network: ModelVersion
) -> None:
    lost = lifecycle.claim(scan_id=scan.pk)
    assert lost is not None
    long_ago = timezone.now() - timedelta(seconds=settings.ANALYSIS_HARD_SECONDS + 60)
    Scan.objects.filter(pk=scan.pk).update(claimed_at=long_ago)
    sweeper.sweep()
    taken_over = lifecycle.claim(scan_id=scan.pk)
    assert taken_over is not None
    analysis._look(lost)
    scan.refresh_from_db()
    assert scan.status == ScanStatus.ANALYSING, "the new worker's claim was ended by the old one"
    assert not Prediction.objects.exists()
    analysis._look(taken_over)
    analysis._look(lost)
    assert Prediction.objects.count() == 1
    assert actions() == ["scan.requeued", "scan.analysed"]


def test_a_damaged_file_is_refused_in_words(scan: Scan, network: ModelVersion) -> None:
    content = (settings.DATA_DIR / scan.original).read_bytes()
    scan = analysed(with_bytes(scan, content[: len(content) // 2]))
    assert (scan.status, scan.reason_code) == (ScanStatus.REFUSED, "truncated")
    assert "send" in scan.reason
    assert (scan.display, scan.thumbnail) == ("", "")
    assert actions() == ["scan.refused"]
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.PROBLEM


def test_a_picture_that_is_no_chest_film_is_refused_and_still_shown(
    scan: Scan, network: ModelVersion
) -> None:
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    scan.refresh_from_db()
    scan = analysed(with_bytes(scan, png(Image.new("L", (300, 200), 128))))
    assert (scan.status, scan.reason_code) == (ScanStatus.REFUSED, "blank")
    assert (settings.DATA_DIR / scan.display).is_file()
    assert (settings.DATA_DIR / scan.thumbnail).is_file()
    assert not Prediction.objects.exists()


def test_no_name_of_a_file_gets_into_the_audit_chain(scan: Scan, network: ModelVersion) -> None:
    Scan.objects.filter(pk=scan.pk).update(original_name="Lovelace_Ada_1815.png")
    analysed(with_bytes(Scan.objects.get(pk=scan.pk), b"no film"))
    assert "Lovelace" not in str(list(AuditEvent.objects.values()))


def test_without_an_active_network_a_film_fails_and_can_be_tried_again(
    scan: Scan, cast: Cast, announced: list[int], django_capture_on_commit_callbacks: object
) -> None:
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "no_model")
    assert "activate" in scan.reason
    assert (settings.DATA_DIR / scan.display).is_file(), "a doctor can look at the film all the same"
    entered(shipped(), active=True)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture without types
        assert lifecycle.retry(scan=scan, actor=cast.technician)
        assert not lifecycle.retry(scan=scan, actor=cast.doctor), "two people pressed the button"
    assert announced == [scan.pk]
    scan.refresh_from_db()
    assert (scan.status, scan.reason, scan.attempts) == (ScanStatus.QUEUED, "", 0)
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.WAITING
    assert analysed(scan).status == ScanStatus.ANALYSED
    retried = AuditEvent.objects.get(action="scan.retried")
    assert (retried.actor, retried.facts["code"]) == (cast.technician.email, "no_model")
    assert "No network is active" in retried.facts["reason"]
    assert actions() == ["scan.failed", "scan.retried", "scan.analysed"]


def test_a_network_whose_files_were_changed_answers_nothing(scan: Scan, tmp_path: Path) -> None:
    model_version = entered(another_version(tmp_path / "bundle", "9.9.9"), active=True)
    (registry.folder_of(model_version) / "card.json").write_text("{}")
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "model_damaged")


def test_a_film_that_was_exchanged_on_the_disk_is_not_judged(scan: Scan, network: ModelVersion) -> None:
    (settings.DATA_DIR / scan.original).write_bytes(png(Image.new("L", (300, 300), 9)))
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "original_changed")


def test_a_film_that_is_gone_fails_in_words_without_a_path(scan: Scan, network: ModelVersion) -> None:
    shutil.rmtree(settings.DATA_DIR / "originals")
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "file_missing")
    assert "originals" not in scan.reason


def test_an_error_of_ours_fails_without_a_traceback_for_people(
    scan: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(display, "display_image", lambda film: 1 / 0)
    scan = analysed(scan)
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "error")
    assert "ZeroDivisionError" not in scan.reason
    assert f"scan {scan.pk}" in caplog.text, "whoever runs the portal finds it"
    assert "ZeroDivisionError" in caplog.text


class TooLong(Exception):
    """What a time limit raises."""


def test_a_time_limit_is_our_failure(
    scan: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(film: object) -> bytes:
        raise TooLong

    monkeypatch.setattr(display, "display_image", slow)
    analysis.analyse(scan_id=scan.pk, time_limit_error=TooLong)
    scan.refresh_from_db()
    assert (scan.status, scan.reason_code) == (ScanStatus.FAILED, "too_slow")
    assert f"longer than {settings.ANALYSIS_SOFT_SECONDS} seconds" in scan.reason


def test_a_time_limit_inside_the_decoder_is_not_taken_for_a_damaged_film() -> None:
    # the decoder meets hostile bytes with every kind of exception and turns each into a refusal
    refusal = FilmRefused("damaged", "The file is damaged.")
    refusal.__cause__ = TooLong()
    fault = faults.explain(refusal, TooLong)
    assert fault is not None
    assert (fault.status, fault.code) == (ScanStatus.FAILED, "too_slow")


def test_a_failing_database_leaves_the_scan_to_the_sweeper(
    scan: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_: object) -> None:
        raise OperationalError("server has gone away")

    with monkeypatch.context() as broken:
        broken.setattr(audit, "record", gone)
        with pytest.raises(OperationalError):
            analysis.analyse(scan_id=scan.pk)
    scan.refresh_from_db()
    assert scan.status == ScanStatus.ANALYSING
    assert not Prediction.objects.exists(), "half a result was kept"


def test_a_newer_network_adds_a_prediction_and_changes_none(
    scan: Scan, cast: Cast, network: ModelVersion, tmp_path: Path
) -> None:
    assert not lifecycle.reanalyse(scan=scan, actor=cast.doctor), "it was not analysed yet"
    scan = analysed(scan)
    before = Prediction.objects.values().get()
    assert not lifecycle.reanalyse(scan=scan, actor=cast.doctor), "this network has read it"
    newer = entered(another_version(tmp_path / "bundle", "9.9.9"))
    registry.promote(model_version=newer, actor=cast.operator)
    assert lifecycle.reanalyse(scan=scan, actor=cast.doctor)
    scan = analysed(scan)
    assert scan.status == ScanStatus.ANALYSED
    assert Prediction.objects.values().get(pk=before["id"]) == before
    later = Prediction.objects.get(model_version=newer)
    assert later.heatmap != before["heatmap"]
    assert (settings.DATA_DIR / before["heatmap"]).is_file()
    assert later.p_normal == pytest.approx(before["p_normal"], abs=1e-6), "the same weights, the same answer"


def test_the_same_network_run_again_keeps_the_prediction_that_is_there(
    scan: Scan, network: ModelVersion
) -> None:
    analysed(scan)
    before = Prediction.objects.values().get()
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.QUEUED)
    assert analysed(scan).status == ScanStatus.ANALYSED
    assert Prediction.objects.values().get() == before


def test_the_place_in_the_queue_counts_those_before(cast: Cast) -> None:
    scans = [queued_scan(cast.clinic_a, cast.doctor, seed=seed) for seed in range(3)]
    assert [lifecycle.queue_position(scan) for scan in scans] == [0, 1, 2]
    lifecycle.claim(scan_id=scans[0].pk)
    assert [lifecycle.queue_position(scan) for scan in scans[1:]] == [0, 1]


def test_what_a_killed_attempt_left_half_written_is_removed(scan: Scan, network: ModelVersion) -> None:
    half = keep(str(storage.pictures_folder(scan) / ".part-abc"), b"half")
    analysed(scan)
    assert not (settings.DATA_DIR / half).exists()
