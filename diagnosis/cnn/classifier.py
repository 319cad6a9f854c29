"""Classifies films with a bundle's graph in LiteRT, on one thread, loaded once.

Workers run this. Nothing here imports TensorFlow or Keras.
"""

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.bundle import Bundle, BundleCorrupt
from diagnosis.cnn.decision import Triage, finding_in_line, operating_point, triage
from diagnosis.cnn.lungs import FilmPreparation, LungFields
from diagnosis.cnn.network import Network, NetworkAnswer, activation_map, mean_answer, softmax
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.quality import (
    FilmChecks,
    FilmGate,
    Verdict,
    check_pixels,
    doubtful,
    few_grey_levels,
    judge,
    judged_by_pixels,
    lungs_cut_off,
    share_hidden,
    with_cut_off_lungs,
    with_hidden_lungs,
    without_letters,
)
from diagnosis.cnn.uncertainty import Reach, augmented, one_look, settled, uncertainty
from diagnosis.imaging.radiograph import Radiograph


@dataclass(frozen=True)
class Classification:
    """The network's result for one film, with everything a Prediction stores.

    activation_map: float32 (h, w), 0-1, row 0 at the top of the film as it is displayed. It covers the box
    of the film that the network saw, `activation_box` (left, top, right, bottom as shares 0-1 of the film's
    width and height), squeezed to a square; `heatmap.overlay` puts it back into the film's frame. It shows
    the evidence for the finding; for a normal film, faintly, that for the likelier abnormal one.
    operating_point: the thresholds behind the triage. film_distance: the distance to known films (gate).
    uncertainty: how far the answer varies between looks at the film, see uncertainty.py; and, each of which
    makes the triage "unsure": "unfamiliar" (the film is unlike those that the network learned from),
    "few_grey_levels" (fewer than 64), "lungs_not_found" (so that the network looked at the whole film).
    timings_ms: "checks" (of the film, before), "preprocess", "network" (the plain look) and
    "looks" (making and running the other two).
    quality: what the film checks say: "corrections" made before anything else saw the film (codes of
    `imaging.correction`; the activation box is a box of the corrected film), "cautions", each a "code" with a
    "confidence" 0-1, and "checks", the checksum of the film checks' network ("" for a bundle without one).
    Any caution but that of burnt-in text makes the triage "unsure".
    """

    probabilities: dict[str, float]
    raw_probabilities: dict[str, float]
    finding: str
    triage: Triage
    operating_point: dict[str, Any]
    activation_map: NDArray[np.float32]
    activation_box: tuple[float, float, float, float]
    film_distance: float
    input_sha256: str
    library_versions: dict[str, str]
    timings_ms: dict[str, float]
    uncertainty: dict[str, Any]
    quality: dict[str, Any]

    @property
    def p_abnormal(self) -> float:
        """Probability of any finding except normal."""
        return 1.0 - self.probabilities["normal"]


class Classifier:
    """A loaded bundle. Create one per process, in the process that uses it (after a fork, never before).

    average_looks: answer with the mean of three looks at the film (its logits, before the temperature)
    instead of the plain one. The thresholds stay those measured on plain looks.
    """

    def __init__(self, bundle: Bundle, average_looks: bool = False) -> None:
        self.bundle = bundle
        self.average_looks = average_looks
        try:
            self.preprocessing = PreprocessingParameters.from_card(bundle.card["preprocessing"])
            self._preparation = FilmPreparation(self.preprocessing, bundle.lungs)
            self._network = Network(bundle.graph)
            if self._network.classes != len(bundle.findings):
                raise ValueError(f"its graph does not answer for {', '.join(bundle.findings)} alone")
            self._gate = FilmGate.of(bundle.reference, bundle.card["film_gate"])
            self._operating_point = operating_point(bundle)
            self._reach = Reach.of_card(bundle.card)
            self._checks = FilmChecks(*bundle.film_checks) if bundle.film_checks else None
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise BundleCorrupt(f"{bundle.path}: the bundle cannot be loaded ({error})") from error

    def classify(
        self,
        radiograph: Radiograph,
        *,
        gate: bool = True,
        correct: bool = True,
        bands: Sequence[tuple[float, float]] = (),
    ) -> Classification:
        """Check and preprocess one film and run the graph, on the film and, if need be, on two more looks.

        bands: limits besides those on the card somebody is told by; one look must do for them too.

        The triage is "unsure", for a person to read first, if looks fall on both sides of the unsure band
        (`uncertainty.settled`) or the film itself gives cause (`_doubts`, `quality.doubtful`). gate=False
        accepts pictures that are no chest X-rays as they are. correct=False leaves a film
        as it came that seems turned or inverted: a person said so. Raises quality.NotAChestRadiograph if the
        film checks or the gate refuse.
        """
        asked = time.perf_counter()
        judged = self._judged(radiograph, gate=gate, correct=correct)
        radiograph = without_letters(judged.film, judged.letters)
        began = time.perf_counter()
        lungs = self._preparation.find(radiograph.pixels)
        film, box = self._preparation.prepare(radiograph.pixels, lungs.box if lungs else None)
        prepared = time.perf_counter()
        plain = self._network.run(film.pixels)
        finished = time.perf_counter()
        distance = self._gate.distance(plain.gate)
        if gate:
            self._gate.check(distance)
        answer, said, wobble = self._look_again(film.pixels, plain, bands)
        viewed = time.perf_counter()
        doubts = self._doubts(radiograph, lungs, distance, asked=gate)
        quality = _quality(judged, lungs if gate else None)
        said = "unsure" if any(doubts.values()) or doubtful(quality) else said
        return Classification(
            probabilities=self._by_finding(answer.probabilities),
            raw_probabilities=self._by_finding(softmax(answer.logits)),
            finding=finding_in_line(answer.probabilities, said, self.bundle.findings),
            triage=said,
            operating_point=self._operating_point,
            activation_map=activation_map(answer),
            activation_box=box,
            film_distance=distance,
            input_sha256=film.sha256,
            library_versions=library_versions(),
            timings_ms={
                "checks": 1e3 * (began - asked),
                "preprocess": 1e3 * (prepared - began),
                "network": 1e3 * (finished - prepared),
                "looks": 1e3 * (viewed - finished),
            },
            uncertainty=wobble | self._gate.told(distance) | doubts,
            quality=quality,
        )

    def _judged(self, radiograph: Radiograph, *, gate: bool, correct: bool) -> Verdict:
        """The film as it is to be analysed, with what is told about it."""
        if not gate:
            return Verdict(radiograph, checks=self._checks.checksum if self._checks else "")
        check_pixels(radiograph)
        if self._checks is None:
            return judged_by_pixels(radiograph)
        return judge(self._checks, radiograph, correct=correct)

    def _doubts(
        self, radiograph: Radiograph, lungs: LungFields | None, distance: float, *, asked: bool
    ) -> dict[str, bool]:
        """Why a person should read this film first, by name; no reason is asked for if the gate is off."""
        return {
            "unfamiliar": asked and self._gate.unfamiliar(distance),
            "few_grey_levels": asked and few_grey_levels(radiograph),
            "lungs_not_found": asked and lungs is not None and not lungs.found,
        }

    def _look_again(
        self, pixels: NDArray[np.float32], plain: NetworkAnswer, bands: Sequence[tuple[float, float]]
    ) -> tuple[NetworkAnswer, Triage, dict[str, Any]]:
        """The answer, its triage and its uncertainty, after two more looks where these could change it.

        They are run one by one: three films in one batch take LiteRT as long as three films.
        """
        first, own = 1.0 - float(plain.probabilities[-1]), self.bundle.unsure_band
        if self._reach and not self.average_looks and not self._reach.may_turn(first, (own, *bands)):
            return plain, triage(first, own), one_look(first, self._reach)
        seen = [plain, *(self._network.run(look) for look in augmented(pixels))]
        answer = mean_answer(seen, self.bundle.temperature) if self.average_looks else plain
        p_abnormal = [1.0 - float(look.probabilities[-1]) for look in (answer, *seen)]
        said, *sides = (triage(p, self.bundle.unsure_band) for p in p_abnormal)
        wobble = uncertainty(p_abnormal[1:], sides, averaged=self.average_looks)
        return answer, settled(said, sides), wobble

    def _by_finding(self, values: NDArray[np.floating]) -> dict[str, float]:
        return {name: float(value) for name, value in zip(self.bundle.findings, values, strict=True)}


def _quality(judged: Verdict, lungs: LungFields | None) -> dict[str, Any]:
    """What is stored of the film checks, after the lungs were found."""
    quality = judged.quality()
    if lungs is None or not lungs.found:
        return quality
    if lungs_cut_off(lungs.mask):
        quality = with_cut_off_lungs(quality)
    return with_hidden_lungs(quality, share_hidden(judged.letters, judged.film.pixels.shape, lungs.mask))


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """The versions of Python and of the libraries that turn a film's bytes into probabilities."""
    names = ("ai-edge-litert", "numpy", "pillow")
    return {"python": platform.python_version()} | {name: version(name) for name in names}
