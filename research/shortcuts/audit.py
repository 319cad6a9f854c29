"""An audit of shortcuts in a bundle: do its features reveal the source, do its answers need the lungs, and do
they depend on how a film was compressed or resized?"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.bundle import Bundle
from diagnosis.cnn.decision import triage
from diagnosis.cnn.evaluation import metrics
from diagnosis.cnn.evaluation.manifest import Film, Manifest, ManifestError, film_problems
from diagnosis.cnn.evaluation.report import RESAMPLES, Figure, abnormal_auroc, films_of_task, with_interval
from diagnosis.cnn.training.data.corruptions import MEASURED
from research.shortcuts.linear_probe import L2
from research.shortcuts.occlusion import VARIANTS, WIDER, PaintedAnswers, answer_painted
from research.shortcuts.source_probe import ALL_FILMS, Side, source_probe

# What is asked of a bundle: of the macro AUROC without lungs (at most) and of the source probe (below).
MOST_WITHOUT_LUNGS: Final = 0.70
SOURCE_PROBE_BELOW: Final = 0.50

FITTED_ON: Final = "train"
MOST_FILMS: Final = 700  # of one source, to fit the probe on


def audit(
    bundle: Bundle,
    manifest: Manifest,
    *,
    split: str = "test",
    most: int = MOST_FILMS,
    processes: int | None = None,
    resamples: int = RESAMPLES,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Every figure of the audit as JSON values, judged on the films of a split.

    The source probe is fitted on the train split, on at most `most` films of each source. Answers are those
    of the bundle's graph to the plain look, whatever other looks do to them in the clinic. progress: gets
    films done and films in all. Raises ManifestError, naming every film that cannot be used, and BundleError.
    """
    judged, fitted, outside = _chosen(bundle, manifest, split, most)
    films = [*judged, *fitted]
    answers = _answers(bundle, manifest, films, len(judged), processes, progress)
    everyone, first = _side(films, answers, bundle.findings), np.arange(len(films)) < len(judged)
    found = answers.found[first]
    report = figures_of(
        bundle, everyone.where(~first), everyone.where(first), answers.probabilities[first], found, resamples
    )
    report["made_worse"] = figures_of_worse(
        everyone.where(first), answers.probabilities[first, 0], answers.worse[first], bundle.unsure_band,
        resamples=resamples,
    )  # fmt: skip
    report["bundle"] = {"name": bundle.name, "version": bundle.version, "checksum": bundle.checksum}
    report["data"] = {
        "split": split,
        "films": len(judged),
        "films_with_lungs_found": int(found.sum()),
        "films_without_lungs_found": int((~found).sum()),
        "films_for_the_probe": len(fitted),
        "most_films_of_a_source_for_the_probe": most,
    } | _about(bundle, manifest, outside, resamples)
    return report


def _answers(
    bundle: Bundle,
    manifest: Manifest,
    films: Sequence[Film],
    judged: int,
    processes: int | None,
    progress: Callable[[int, int], None],
) -> PaintedAnswers:
    """Answers to all films, and to painted and degraded copies of those that are judged, the first ones."""
    jobs = [(manifest.path(film), number < judged) for number, film in enumerate(films)]
    answers = answer_painted(
        bundle, jobs, processes=processes, progress=lambda done: progress(done, len(films))
    )
    if answers.problems:
        raise ManifestError([f"{films[k].file}: {why}" for k, why in sorted(answers.problems.items())])
    return answers


def _about(bundle: Bundle, manifest: Manifest, outside: int, resamples: int) -> dict[str, Any]:
    """What the figures depend on beside the films that were chosen."""
    return {
        "fingerprint": manifest.fingerprint(),
        "rows_without_label": manifest.unlabelled,
        "outside_task": outside,
        "method": {
            "probe_l2": L2,
            "lungs_widened_by_cells_of_48": WIDER,
            "lung_network_sha256": hashlib.sha256(bundle.lungs.read_bytes()).hexdigest(),
            "resamples": resamples,
        },
    }


def _chosen(
    bundle: Bundle, manifest: Manifest, split: str, most: int
) -> tuple[tuple[Film, ...], tuple[Film, ...], int]:
    """Films to judge by, films to fit the probe on, and how many of the first are of another task."""
    if split == FITTED_ON:
        raise ManifestError([f"the source probe is fitted on the split {split!r}: judge it on another one"])
    judged, outside = films_of_task(bundle, manifest, split)
    fitted = evenly(manifest.for_task(bundle.findings).of_split(FITTED_ON), most)
    if problems := film_problems(manifest, [*judged, *fitted]):
        raise ManifestError(problems)
    return judged, fitted, outside


def evenly(films: Sequence[Film], most: int) -> tuple[Film, ...]:
    """At most so many films of each source, in equal steps through its films by label and name."""
    chosen: list[Film] = []
    for source in sorted({film.source for film in films}):
        own = sorted(
            (film for film in films if film.source == source), key=lambda film: (film.label, film.file)
        )
        count = min(most, len(own))
        chosen += [own[k * len(own) // count] for k in range(count)]
    return tuple(chosen)


def _side(films: Sequence[Film], answers: PaintedAnswers, findings: Sequence[str]) -> Side:
    labels = np.array([list(findings).index(film.label) for film in films])
    return Side(
        sources=np.array([film.source for film in films]),
        groups=np.array([film.group or film.file for film in films]),
        labels=labels,
        features={
            "pooled": answers.pooled,
            "gate": answers.gate,
            "probabilities": answers.probabilities[:, 0],
            "label": np.eye(len(findings))[labels],
        },
    )


def figures_of(
    bundle: Bundle,
    fitted: Side,
    judged: Side,
    probabilities: NDArray[np.floating],
    found: NDArray[np.bool_],
    resamples: int,
) -> dict[str, Any]:
    """Targets, source probe, AUROC within sources and what hiding does, as JSON values.

    probabilities: (n, 4, classes), the answers to the VARIANTS of the judged films; found: (n,).
    """
    probe = source_probe(fitted, judged, bundle.findings, resamples)
    hidden = _hidden(judged.where(found), probabilities[found], bundle.unsure_band, resamples)
    targets = {
        f"macro_auroc_{name}": _target(
            hidden["pooled"][name]["macro_auroc"], f"at most {MOST_WITHOUT_LUNGS:.2f}", MOST_WITHOUT_LUNGS
        )
        for name in ("lungs_black", "lungs_grey")
    }
    limit = float(np.nextafter(SOURCE_PROBE_BELOW, 0))
    targets["source_probe"] = _target(
        probe["balanced_accuracy"][ALL_FILMS]["pooled"], f"below {SOURCE_PROBE_BELOW:.2f}", limit
    )
    return {
        "findings": list(bundle.findings),
        "targets": targets,
        "source_probe": probe,
        "within_sources": _within_sources(judged, probabilities[:, 0], resamples),
        "hidden": hidden,
    }


def figures_of_worse(
    side: Side,
    plain: NDArray[np.floating],
    worse: NDArray[np.floating],
    band: tuple[float, float],
    *,
    resamples: int,
) -> dict[str, Any]:
    """Figures of the films as they are and after each of the MEASURED changes, as JSON values.

    plain: (n, classes); worse: (n, 5, classes). shift: how far the mean probability of an abnormal film
    moved; overturned: the share of films that were called normal, or pathological, and are the other now.
    """
    rows: dict[str, Any] = {}
    before = [triage(1.0 - float(p), band) for p in plain[:, -1]]
    for place, name in enumerate(("untouched", *MEASURED)):
        answers = worse[:, place - 1] if place else plain
        now = [triage(1.0 - float(p), band) for p in answers[:, -1]]
        turned = [a != b and "unsure" not in (a, b) for a, b in zip(before, now, strict=True)]
        rows[name] = {
            "macro_auroc": with_interval(metrics.macro_auroc, answers, side.labels, side.groups, resamples),
            "auroc_abnormal": with_interval(abnormal_auroc, answers, side.labels, side.groups, resamples),
            "decided": float(np.mean([answer != "unsure" for answer in now])),
            "overturned": float(np.mean(turned)),
            "shift": float(np.mean(plain[:, -1] - answers[:, -1])),
        }
    return rows


def _target(figure: Figure, words: str, most: float) -> dict[str, Any]:
    value = figure["value"]
    return {"figure": figure, "target": words, "met": None if value is None else value <= most}


def _both(side: Side, classes: int) -> list[str]:
    """The sources with films on both sides of abnormal and normal."""
    normal = side.labels == classes - 1
    return sorted(set(side.sources[normal].tolist()) & set(side.sources[~normal].tolist()))


def _within_sources(side: Side, answers: NDArray[np.floating], resamples: int) -> dict[str, Any]:
    figures = {}
    for source in _both(side, answers.shape[-1]):
        own = side.sources == source
        normal = int(np.sum(side.labels[own] == answers.shape[-1] - 1))
        figures[source] = {
            "abnormal": int(own.sum()) - normal,
            "normal": normal,
            "auroc_abnormal": with_interval(
                abnormal_auroc, answers[own], side.labels[own], side.groups[own], resamples
            ),
        }
    return figures


def _hidden(
    side: Side, probabilities: NDArray[np.floating], band: tuple[float, float], resamples: int
) -> dict[str, Any]:
    """Figures of each variant, on the films whose lungs were found."""
    pooled: dict[str, Any] = {}
    sources: dict[str, dict[str, Any]] = {
        source: {"films": int(np.sum(side.sources == source))}
        for source in _both(side, probabilities.shape[-1])
    }
    for place, name in enumerate(VARIANTS):
        answers = probabilities[:, place]
        decided = [triage(1.0 - float(p), band) != "unsure" for p in answers[:, -1]]
        pooled[name] = {
            "films": len(answers),
            "macro_auroc": with_interval(metrics.macro_auroc, answers, side.labels, side.groups, resamples),
            "auroc_abnormal": with_interval(abnormal_auroc, answers, side.labels, side.groups, resamples),
            "decided": float(np.mean(decided)) if decided else None,
        }
        for source, figures in _within_sources(side, answers, resamples).items():
            sources[source][name] = figures["auroc_abnormal"]
    return {"pooled": pooled, "auroc_abnormal_by_source": sources}
