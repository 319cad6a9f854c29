"""Everything that the model card prints, gathered from a bundle, a manifest and a fresh evaluation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.bundle import Bundle
from diagnosis.cnn.evaluation.manifest import Film, Manifest
from diagnosis.cnn.evaluation.report import evaluate
from diagnosis.cnn.findings import NAMES
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training import plots
from research.model_card import pictures
from research.model_card.attention import (
    Agreement,
    DrawnFilm,
    Look,
    agreement,
    cells_of,
    looks_at,
    mean_map,
    of_manifest,
    read_regions,
)
from research.model_card.failures import Failures, failures_of
from research.model_card.figures import Answered, Figures, Measured, figures_of_part, pair_auroc, parts_of
from research.model_card.outline import lungs_outline

MAPS_OF_WRONG: Final = 8

Say = Callable[[str], None]


@dataclass(frozen=True)
class Study:
    """Figures of another command under a heading of their own; values None where they were not given."""

    heading: str
    explanation: str
    command: str
    values: dict[str, Any] | None


@dataclass(frozen=True)
class Request:
    """What the card is made of. split: None for all films. regions: regions.csv, or None where there is none.
    pictures: the folder they go to. studies: figures of other commands."""

    bundle: Bundle
    manifest: Manifest
    split: str | None
    pictures: Path
    regions: Path | None = None
    studies: Sequence[Study] = ()
    processes: int | None = None
    resamples: int = 1000


@dataclass(frozen=True)
class Contents:
    """What the card prints; pictures by name, as paths on disk.

    covid19_pneumonia: AUROC of these two among their films. mean_maps: films behind the mean map of each
    (source, label); too_few_maps: the cells that have none. wrong_maps: the films in the picture of single
    maps. drawn: by which films and which region, how maps agree with it.
    """

    card: dict[str, Any]
    report: dict[str, Any]
    split: str | None
    answered: Answered
    pooled: Figures
    parts: dict[str, dict[str, Figures]]
    covid19_pneumonia: Measured | None
    failures: dict[str, Failures]
    pictures: dict[str, Path]
    mean_maps: dict[tuple[str, str], int]
    too_few_maps: list[tuple[str, str]]
    drawn: dict[str, dict[str, Agreement]]
    studies: Sequence[Study]


def gather(request: Request, *, say: Say = lambda words: None) -> Contents:
    """Evaluate the bundle, look where it looks, draw the pictures; say: told what happens, in words.

    Raises ManifestError where films, masks or tables cannot be used, ModuleNotFoundError, in words, where
    matplotlib is not installed.
    """
    plots.figure_class()  # a missing library is told before minutes are spent
    bundle, resamples = request.bundle, request.resamples
    regions = read_regions(request.regions) if request.regions else []
    say("Evaluating the films …")
    evaluation = evaluate(
        bundle, request.manifest, split=request.split, processes=request.processes, resamples=resamples
    )
    answered = Answered(evaluation.films, evaluation.probabilities, bundle.findings)
    say(f"Figures of {len(answered.films)} films and of their parts …")
    parts = parts_of(answered, bundle.card, resamples=resamples)
    pooled = figures_of_part(answered, bundle.card, resamples=resamples)
    both = {"covid19", "pneumonia"} <= set(bundle.findings)
    failures = failures_of(answered, bundle.unsure_band)
    maps = _Maps(request, answered, failures, regions, say)
    return Contents(
        card=bundle.card,
        report=evaluation.report,
        split=request.split,
        answered=answered,
        pooled=pooled,
        parts=parts,
        covid19_pneumonia=pair_auroc(answered, "covid19", "pneumonia", resamples=resamples) if both else None,
        failures=failures,
        pictures=_draw(request.pictures, answered, pooled, parts) | maps.draw(),
        mean_maps={cell: films for cell, (_, films) in maps.means.items()},
        too_few_maps=[cell for cell in maps.cells if cell not in maps.means],
        drawn=maps.drawn(),
        studies=request.studies,
    )


def _draw(
    folder: Path, answered: Answered, pooled: Figures, parts: dict[str, dict[str, Figures]]
) -> dict[str, Path]:
    return {
        "confusion": pictures.draw_confusion(answered, folder / "confusion.png"),
        "roc": pictures.draw_roc(answered, parts["source"], folder / "roc.png"),
        "reliability": pictures.draw_reliability(answered, folder / "reliability.png"),
        "risk-coverage": pictures.draw_risk_coverage(answered, pooled, folder / "risk-coverage.png"),
    }


class _Maps:
    """The activation maps that the card needs, each film looked at once."""

    def __init__(
        self,
        request: Request,
        answered: Answered,
        failures: dict[str, Failures],
        regions: list[DrawnFilm],
        say: Say,
    ) -> None:
        self.request, self.regions = request, regions
        self.cells = cells_of(answered.films)
        wrong = [each for source in failures.values() for each in source.surest]
        wrong.sort(key=lambda each: -each.probability)
        self.wrong = wrong[:MAPS_OF_WRONG]
        needed = {place for places in self.cells.values() for place in places}
        places = sorted(needed | {each.place for each in self.wrong})
        paths = [request.manifest.path(answered.films[place]) for place in places]
        say(f"Where the network looks, on {len(paths) + len(regions)} films …")
        every = [*paths, *(film.path for film in regions)]
        looks = looks_at(request.bundle, every, processes=request.processes)
        self.looks: dict[int, Look] = dict(zip(places, looks, strict=False))
        self.drawn_looks = looks[len(places) :]
        means = {
            cell: mean_map([self.looks[place] for place in places]) for cell, places in self.cells.items()
        }
        self.means: dict[tuple[str, str], tuple[NDArray[np.float32], int]] = {
            cell: mean for cell, mean in means.items() if mean
        }

    def draw(self) -> dict[str, Path]:
        """Mean maps and those of single wrong films, where there are any."""
        parameters = PreprocessingParameters.from_card(self.request.bundle.card["preprocessing"])
        outline = lungs_outline(parameters.crop, parameters.box())
        folder, drawn = self.request.pictures, dict[str, Path]()
        if self.means:
            maps = {
                f"{source}, {NAMES[label]} (n = {films})": mean
                for (source, label), (mean, films) in self.means.items()
            }
            drawn["mean maps"] = pictures.draw_maps(maps, outline, folder / "mean-maps.png", smooth=True)
        if self.wrong:
            single = {
                f"{number}: {NAMES[each.film.label]}, called {NAMES[each.said]}": self.looks[
                    each.place
                ].activation
                for number, each in enumerate(self.wrong, 1)
            }
            drawn["wrong maps"] = pictures.draw_maps(single, outline, folder / "wrong-maps.png", smooth=False)
        return drawn

    def drawn(self) -> dict[str, dict[str, Agreement]]:
        """Agreement with the drawn regions, of all these films and of those that training never saw."""
        known = of_manifest(self.regions, self.request.manifest)
        choices: dict[str, Callable[[Film], bool]] = {
            "all": lambda film: True,
            "not trained on": lambda film: film.split in ("val", "test"),
        }
        found: dict[str, dict[str, Agreement]] = {}
        for name, chosen in choices.items():
            rows = [k for k, film in enumerate(known) if chosen(film)]
            if not rows:
                continue
            looks = [self.drawn_looks[k] for k in rows]
            patients = [known[k].group or known[k].file for k in rows]
            found[name] = {
                "opacities": agreement(
                    looks,
                    [self.regions[k].opacities for k in rows],
                    patients,
                    resamples=self.request.resamples,
                ),
                "lungs": agreement(
                    looks, [self.regions[k].lungs for k in rows], patients, resamples=self.request.resamples
                ),
            }
        return found
