"""The card as a page: an evaluation, its figures and its pictures, put into the template."""

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from diagnosis.cnn.bundle import Bundle
from diagnosis.cnn.evaluation.manifest import SPLITS, Manifest
from diagnosis.cnn.evaluation.report import Evaluation, evaluate
from diagnosis.cnn.findings import NAMES
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training import plots
from research import markdown
from research.model_card import attention, figures, pictures
from research.model_card.outline import lungs_outline

WIDTH: Final = 120


def write_card(
    bundle: Bundle,
    manifest: Manifest,
    out: Path,
    *,
    split: str | None,
    regions: Path | None = None,
    processes: int | None = None,
    resamples: int = 1000,
    say: Callable[[str], None] = lambda words: None,
) -> list[Path]:
    """Evaluate the bundle on a split (None: on all films), draw, write; returns the card's path and those of
    its pictures, which lie in `pictures/<the card's name>` beside it.

    Raises ManifestError where films, masks or tables cannot be used, ModuleNotFoundError, in words, where
    matplotlib is not installed.
    """
    plots.figure_class()  # a missing library is told before minutes are spent
    drawn = attention.read_regions(regions) if regions else []
    say("Evaluating the films …")
    evaluation = evaluate(bundle, manifest, split=split, processes=processes, resamples=resamples)
    say("Figures of groups and thresholds …")
    facts = measured(evaluation, bundle.card, resamples=resamples)
    say("Where the network looks …")
    maps = attention.mean_maps(bundle, manifest, evaluation.films)
    facts["agreements"] = attention.agreements(bundle, manifest, drawn, resamples=resamples)
    facts["too_few_maps"] = [cell for cell, mean in maps.items() if mean is None]
    paths = _draw(bundle, evaluation, facts, maps, out.parent / "pictures" / out.stem)
    facts |= {
        "pictures": {name: path.relative_to(out.parent).as_posix() for name, path in paths.items()},
        "bundle_folder": bundle.path.name,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render(facts), encoding="utf-8")
    return [out, *paths.values()]


def measured(evaluation: Evaluation, card: dict[str, Any], *, resamples: int) -> dict[str, Any]:
    """What the template prints of an evaluation and of the bundle's card."""
    films = figures.training_films(card)
    return {
        "card": card,
        "report": evaluation.report,
        "groups": figures.groups_of(evaluation, card, resamples=resamples),
        "decisions": figures.decisions_of(evaluation, card, resamples=resamples),
        "calibration": figures.calibration_of(evaluation),
        "mistakes": figures.mistakes_of(evaluation.report),
        "confounding": figures.confounding_of(evaluation, "covid19", "pneumonia", resamples=resamples),
        "training_films": films,
        "training_totals": {
            split: sum((splits[split] for splits in films.values()), Counter()) for split in SPLITS
        },
        "source_tells": figures.source_tells(films),
    }


def render(facts: dict[str, Any]) -> str:
    """The card's Markdown; UndefinedError where the template asks for a figure that is not there."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {
        "accuracy": accuracy,
        "auroc": auroc,
        "cell": markdown.cell,
        "counts": counts,
        "interval": markdown.interval,
        "number": markdown.number,
        "percent": markdown.percent,
        "percents": markdown.percents,
        "words": words,
    }
    environment.globals |= {
        "NAMES": NAMES, "SPLITS": SPLITS, "ALL": figures.ALL, "LEAST_FILMS": figures.LEAST_FILMS,
        "LEAST_FOR_MEAN": attention.LEAST_FOR_MEAN,
    }  # fmt: skip
    return filled(environment.get_template("card.md.j2").render(facts))


def auroc(part: dict[str, Any]) -> str:
    """The AUROC of abnormal against normal with its interval, or why a part of the films has none."""
    present = [NAMES[finding] for finding, films in part["films"].items() if films]
    normal = part["films"]["normal"]
    if len(present) == 1:
        return f"{present[0]} only"
    if not normal:
        return "no normal film"
    if min(normal, part["n"] - normal) < figures.LEAST_FILMS:
        return "too few on one side"
    return markdown.interval(part["auroc_abnormal"])


def accuracy(part: dict[str, Any]) -> str:
    """The accuracy with its interval, or a dash for too few films."""
    return markdown.percents(part["accuracy"]) if part["n"] >= figures.LEAST_FILMS else markdown.NOTHING


def counts(films: dict[str, int]) -> str:
    """Films by class, for a cell of a table."""
    said = (f"{NAMES.get(label, label)} {films[label]:,}" for label in sorted(films))
    return ", ".join(said) or markdown.NOTHING


def words(findings: Sequence[str]) -> str:
    """The classes as people read them, as a list in a sentence."""
    names = [NAMES[finding] for finding in findings]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def filled(text: str) -> str:
    """Markdown with its paragraphs and points filled to the same width, and one empty line between them."""
    return "\n\n".join(map(_block, re.split(r"\n\s*\n", text.strip()))) + "\n"


def _block(block: str) -> str:
    if block.startswith(("|", "#", "![", "    ")):
        return block
    points = re.split(r"\n(?=- )", block)
    return "\n".join(
        textwrap.fill(
            " ".join(point.split()).replace(" %", "\N{NO-BREAK SPACE}%"),
            WIDTH,
            subsequent_indent="  " if point.startswith("- ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        ).replace("\N{NO-BREAK SPACE}", " ")
        for point in points
    )


def _draw(
    bundle: Bundle, evaluation: Evaluation, facts: dict[str, Any], maps: dict[Any, Any], folder: Path
) -> dict[str, Path]:
    every = facts["decisions"][figures.ALL]
    known = every["unsure"]["value"] is not None and every["wrong"]["value"] is not None
    decided = (1 - every["unsure"]["value"], every["wrong"]["value"]) if known else None
    drawn = {
        "roc": pictures.draw_roc(evaluation, bundle.card["operating_points"], folder / "roc.png"),
        "confusion": pictures.draw_confusion(evaluation, folder / "confusion.png"),
        "reliability": pictures.draw_reliability(evaluation, decided, folder / "reliability.png"),
    }
    titled = {
        f"{source}, {NAMES[label]}\nn = {mean[1]}": mean[0] for (source, label), mean in maps.items() if mean
    }
    if titled:
        parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])
        outline = lungs_outline(parameters.crop, parameters.box())
        drawn["mean_maps"] = pictures.draw_maps(titled, outline, folder / "mean-maps.png")
    return drawn
