"""Measures what the film checks cost: from a film's bytes to its answer, with them and without, in turns.

    python benchmarks/film_checks.py --films DIR [--bundle B] [--count 40] [--rounds 3]

Each film is decoded in its confined process, drawn for the pages and classified, as a worker does, once by a
bundle without film checks and once with the film checks that ship; the database is left out, so the ratio is
rather too high. Target: a median of 1.3 times at most.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
TARGET = 1.3

if TYPE_CHECKING:
    from diagnosis.cnn.classifier import Classifier


def answer(path: Path, classifier: "Classifier") -> float:
    """Milliseconds from the film's bytes to its answer and its pictures."""
    from diagnosis.cnn.heatmap import overlay
    from diagnosis.imaging import display, sandbox
    from diagnosis.imaging.refusal import FilmRefused

    began = time.perf_counter()
    film = sandbox.read_confined(path, limits=sandbox.Limits(30, 2048), name=path.name)
    display.display_image(film)
    display.thumbnail(film)
    try:
        said = classifier.classify(film)
    except FilmRefused:
        return 0.0
    overlay(
        said.activation_map, width=film.width, height=film.height, box=said.activation_box, longest_side=256
    )
    return 1e3 * (time.perf_counter() - began)


def main() -> int:
    from diagnosis.cnn.bundle import (
        CHECKS,
        CHECKS_CARD,
        DEFAULT,
        FILM_CHECKS,
        find_bundle,
        load_bundle,
        with_film_checks,
    )
    from diagnosis.cnn.classifier import Classifier
    from diagnosis.cnn.quality import FilmChecks

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=Path, required=True, help="folder, searched to its depths")
    parser.add_argument("--bundle", default=DEFAULT)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    every = sorted(path for path in options.films.rglob("*") if path.suffix in (".jpg", ".png"))
    films = every[:: max(1, len(every) // options.count)][: options.count]
    bundle = load_bundle(find_bundle(options.bundle))
    with tempfile.TemporaryDirectory() as folder:
        checked = with_film_checks(bundle, FILM_CHECKS, Path(folder) / "checked", "with-checks")
        with_checks = Classifier(checked)
        plain = Classifier(bundle)
        plain._checks = None  # a bundle that has film checks already is measured without them
        taken: list[tuple[float, float]] = []
        for film in films * options.rounds:
            one, other = answer(film, plain), answer(film, with_checks)
            if one and other:
                taken.append((one, other))
        look = FilmChecks(FILM_CHECKS / CHECKS, FILM_CHECKS / CHECKS_CARD)
        pixels = np.random.default_rng(0).random((512, 512), dtype=np.float32)
        looks = []
        for _ in range(100):
            began = time.perf_counter()
            look.look(pixels)
            looks.append(1e3 * (time.perf_counter() - began))
    before, after = (statistics.median(column) for column in zip(*taken, strict=True))
    ratio = statistics.median(other / one for one, other in taken)
    print(f"{len(taken)} pairs: {before:.1f} ms without, {after:.1f} ms with film checks (medians)")
    print(f"ratio of medians {after / before:.3f}, median of ratios {ratio:.3f}; target {TARGET}")
    print(f"one look: median {statistics.median(looks):.2f} ms, least {min(looks):.2f} ms")
    return after / before > TARGET


if __name__ == "__main__":
    sys.exit(main())
