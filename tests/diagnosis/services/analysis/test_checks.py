"""What the checks corrected or warn of is stored, shown and counted; the film itself stays as it came."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from accounts.models import AuditEvent
from diagnosis.cnn.classifier import Classification, Classifier
from diagnosis.models import CheckEntry, ModelVersion, Prediction, Scan, ScanStatus
from diagnosis.services import storage, undoing
from tests.conftest import Cast
from tests.diagnosis.services.analysis.attempts import analysed, png, with_bytes
from tests.films import accepted

Checks = Callable[..., list[bool]]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    """Let the real network answer, and the checks say this of every film; gives back what was asked."""
    real = Classifier.classify

    def say(corrections: tuple[str, ...] = (), cautions: tuple[str, ...] = ()) -> list[bool]:
        asked: list[bool] = []

        def classify(self: Classifier, film: Any, *, correct: bool = True, **_asked: Any) -> Classification:
            asked.append(correct)
            quality = {
                "corrections": [{"code": code, "confidence": 0.99} for code in corrections if correct],
                "cautions": [{"code": code, "confidence": 0.9} for code in cautions],
                "checks": "abc",
            }
            return replace(real(self, film, gate=False), quality=quality)

        monkeypatch.setattr(Classifier, "classify", classify)
        return asked

    return say


@pytest.fixture
def upside_down(scan: Scan) -> Scan:
    """A person's film, white above and black below."""
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    picture = Image.fromarray(np.repeat(np.linspace(255, 0, 300).astype(np.uint8)[:, None], 200, axis=1))
    return with_bytes(Scan.objects.get(pk=scan.pk), png(picture))


def top(stored: str) -> float:
    """How bright the upper half of a picture is."""
    pixels = np.asarray(Image.open(settings.DATA_DIR / stored).convert("L"))
    return float(pixels[: len(pixels) // 2].mean())


def test_a_turned_film_is_shown_turned_back_and_kept_as_it_came(
    upside_down: Scan, network: ModelVersion, checks: Checks
) -> None:
    checks(corrections=("rotated_180",))
    scan = analysed(upside_down)
    assert scan.shown_corrections == ["rotated_180"]
    assert top(scan.display) < 100
    assert top(scan.thumbnail) < 100
    assert top(storage.display_path(scan)) > 150, "the picture of the film as it came is kept beside it"
    assert top(scan.original) > 150
    prediction = Prediction.objects.get()
    assert prediction.corrections == ["rotated_180"]
    facts = AuditEvent.objects.get(action="scan.analysed").facts
    assert (facts["corrections"], facts["cautions"], facts["checks"]) == (["rotated_180"], [], "abc")
    line = CheckEntry.objects.get()
    assert (line.kind, line.code, line.confidence) == ("corrected", "rotated_180", 0.99)


def test_a_film_that_needs_nothing_is_shown_as_it_came(
    upside_down: Scan, network: ModelVersion, checks: Checks
) -> None:
    asked = checks()
    scan = analysed(upside_down)
    assert asked == [True]
    assert (scan.display, scan.shown_corrections) == (storage.display_path(scan), [])
    assert not CheckEntry.objects.exists()


@pytest.mark.parametrize(("code", "told"), [("too_dark", "unsure"), ("burnt_in_text_suspected", "normal")])
def test_a_caution_makes_the_triage_unsure_but_for_burnt_in_words(
    upside_down: Scan, network: ModelVersion, checks: Checks, code: str, told: str
) -> None:
    point = accepted(upside_down.clinic, network)
    type(point).objects.filter(pk=point.pk).update(normal_below=0.998, pathological_from=0.999)
    checks(cautions=(code,))
    analysed(upside_down)
    prediction = Prediction.objects.get()
    assert prediction.doubtful == (told == "unsure")
    assert prediction.told_triage == told
    assert CheckEntry.objects.get().kind == "cautioned"


def test_after_an_undo_a_newer_network_sees_the_film_as_it_came_and_decides_nothing(
    upside_down: Scan, network: ModelVersion, checks: Checks, cast: Cast
) -> None:
    asked = checks(corrections=("rotated_180",))
    scan = analysed(upside_down)
    assert undoing.undo_correction(scan=scan, person=cast.doctor)
    ModelVersion.objects.update(active=None)
    again = ModelVersion.objects.get(pk=network.pk)
    newer = ModelVersion(**{f.attname: getattr(again, f.attname) for f in ModelVersion._meta.fields[1:]})
    newer.version, newer.public_id, newer.active = "9", uuid.uuid4(), True
    ModelVersion.objects.filter(pk=network.pk).update(checksum="0" * 64)
    newer.save()
    Scan.objects.update(status=ScanStatus.QUEUED)
    scan = analysed(scan)
    assert asked == [True, False]
    assert (scan.display, scan.shown_corrections) == (storage.display_path(scan), [])
    assert scan.predictions.order_by("-pk").first().told_triage == "unsure"
