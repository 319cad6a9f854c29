"""Judges bundles: sources never seen, networks trained without a source, the same film by other machines."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.bundle import Bundle
from diagnosis.cnn.evaluation.manifest import Manifest, ManifestError
from diagnosis.cnn.evaluation.report import RESAMPLES, Figure
from diagnosis.cnn.training.data.corruptions import OTHER_MACHINES
from research.new_hospital import intervals
from research.new_hospital.answers import AS_IT_IS, LUNGS_BLACK, Job, answer
from research.new_hospital.figures import auroc_of_source, rows_of_changes, rows_of_source
from research.new_hospital.films import Choice, JudgedFilm, balanced, choose, judged_films, sources_seen

PARTS: Final = ("sources", "left_out", "changes")
LOW_RESOLUTION: Final = "brought_back_112"
CHANGED: Final = (AS_IT_IS, *OTHER_MACHINES, LUNGS_BLACK)
# Of each side, below which a source left out has no part in the mean: an AUROC of three films is noise.
LEAST_FILMS: Final = 30
FIGURES_LEFT_OUT: Final = ("auroc", "normal_called_pathological", "abnormal_called_normal")

Progress = Callable[[int, int], None]
Asked = dict[Path, tuple[str, ...]]  # changes by film
Said = dict[Path, NDArray[np.float32]]  # probabilities (changes, classes) by film


@dataclass(frozen=True)
class Data:
    """The films: those of the protocol, whose test split stands for the sources that are known, and more.

    changes_on: how many films of the test split are changed, None for all.
    """

    manifest: Manifest
    more: Manifest | None = None
    changes_on: int | None = None
    processes: int | None = None
    resamples: int = RESAMPLES
    progress: Progress = lambda done, total: None

    def films(self, findings: Sequence[str]) -> tuple[JudgedFilm, ...]:
        """Every film of the task or labelled other. Raises ManifestError."""
        more = judged_films(self.more, findings) if self.more else ()
        return (*judged_films(self.manifest, findings), *more)

    def tested(self, findings: Sequence[str]) -> tuple[JudgedFilm, ...]:
        """The films that are changed: of the test split, labelled with a class of the task."""
        films = judged_films(self.manifest, findings)
        known = [each for each in films if each.film.split == "test" and each.index >= 0]
        if not known:
            raise ManifestError(["the manifest has no film in the split 'test' to be changed"])
        return balanced(known, self.changes_on)


def judge(
    bundles: Sequence[Bundle],
    left_out: Sequence[Sequence[Bundle]],
    data: Data,
    *,
    parts: Collection[str] = PARTS,
) -> dict[str, Any]:
    """Every figure as JSON values, under "bundles" in the order given.

    left_out: for each bundle the ones trained by its recipe without a source. Of two bundles both are judged
    on the same films: a source that one of them saw counts as seen. Raises ManifestError, BundleError, and
    ValueError where a card does not say what its bundle was trained on.
    """
    seen = set[str]().union(*(sources_seen(bundle.card) for bundle in bundles))
    judged = []
    for bundle, others in zip(bundles, left_out, strict=True):
        report = _judge_one(bundle, seen, data, parts)
        if "left_out" in parts and others:
            report["leave_one_source_out"] = judge_left_out(others, data)
        judged.append(report)
    manifests = [each for each in (data.manifest, data.more) if each]
    return {
        "data": {
            "fingerprints": [each.fingerprint() for each in manifests],
            "more_films": data.more is not None,
            "changes_on": data.changes_on,
            "resamples": data.resamples,
        },
        "bundles": judged,
    }


def _judge_one(bundle: Bundle, seen: set[str], data: Data, parts: Collection[str]) -> dict[str, Any]:
    own, films = sources_seen(bundle.card), data.films(bundle.findings)
    choice = choose(films, seen) if "sources" in parts else Choice({}, 0, 0)
    tested = data.tested(bundle.findings) if "changes" in parts else ()
    changes: Asked = {each.path: (AS_IT_IS,) for those in choice.by_source.values() for each in those}
    changes |= {each.path: CHANGED for each in tested}
    said = _answers(bundle, changes, data)
    report: dict[str, Any] = {"bundle": _named(bundle)}
    if "sources" in parts:
        report |= _sources(bundle, choice, own, seen, said, data.resamples)
    if tested:
        answers = {name: np.stack([said[each.path][k] for each in tested]) for k, name in enumerate(CHANGED)}
        report["changes"] = rows_of_changes(tested, answers, bundle.unsure_band, data.resamples)
    return report


def _sources(
    bundle: Bundle,
    choice: Choice,
    own: set[str],
    seen: set[str],
    said: Said,
    resamples: int,
) -> dict[str, Any]:
    """The rows of every source; `seen`: by this bundle, `judged_as_seen`: by any that is compared."""
    rows = list[dict[str, Any]]()
    for source, films in choice.by_source.items():
        probabilities = np.stack([said[each.path][0] for each in films])
        figures = {
            "seen": source in own,
            "judged_as_seen": source in seen,
            "auroc": auroc_of_source(films, probabilities, resamples),
        }
        rows += [row | figures for row in rows_of_source(source, films, probabilities, bundle.unsure_band)]
    about = {"patients_learnt_from": choice.acquainted, "conflicting_labels": choice.conflicts}
    return {"sources": rows, "films_left_out_of_sources": about}


def _answers(bundle: Bundle, changes: Asked, data: Data) -> Said:
    jobs = [Job(path, names) for path, names in changes.items()]
    rows = answer(bundle, jobs, processes=data.processes, progress=data.progress)
    return dict(zip(changes, rows, strict=True))


def _named(bundle: Bundle) -> dict[str, Any]:
    lower, upper = bundle.unsure_band
    return {
        "name": bundle.name,
        "version": bundle.version,
        "checksum": bundle.checksum,
        "folder": bundle.path.name,
        "normal_below": lower,
        "pathological_from": upper,
    }


def judge_left_out(bundles: Sequence[Bundle], data: Data) -> dict[str, Any]:
    """Each bundle on every source that it was trained without, as the films are and after LOW_RESOLUTION; and
    means over the sources that have LEAST_FILMS of each side.

    Sources of the further films count only where the bundle was trained on some of those. Raises ValueError
    for a bundle that has seen every source.
    """
    rows = [row for bundle in bundles for row in _rows_left_out(bundle, data)]
    runs = defaultdict[str, list[dict[str, Any]]](list)
    for row in rows:
        if min(row["normal_films"], row["abnormal_films"]) >= LEAST_FILMS:
            runs[row["source"]].append(row)
    means = {
        look: {
            name: intervals.mean([_over_runs([run[look][name] for run in own]) for own in runs.values()])
            for name in FIGURES_LEFT_OUT
        }
        for look in (AS_IT_IS, LOW_RESOLUTION)
    }
    return {"rows": rows, "mean_over_sources": means, "sources_in_the_mean": list(runs)}


def _over_runs(figures: Sequence[Figure]) -> Figure:
    """The mean of figures of the same films: another seed does not make an interval narrower."""
    parts = {name: [figure[name] for figure in figures] for name in ("value", "low", "high")}
    known = {name: [value for value in values if value is not None] for name, values in parts.items()}
    if any(len(values) < len(figures) for values in known.values()):
        return dict(intervals.NO_FIGURE)
    return {name: fmean(values) for name, values in known.items()}


def _rows_left_out(bundle: Bundle, data: Data) -> list[dict[str, Any]]:
    seen, films = sources_seen(bundle.card), data.films(bundle.findings)
    further = {film.source for film in data.more.films} if data.more else set()
    sources = {each.film.source for each in films} - seen
    if not seen & further:
        sources -= further - {film.source for film in data.manifest.films}
    if not sources:
        raise ValueError(f"{bundle.path}: trained on every source of the films, so none is left out")
    choice = choose([each for each in films if each.film.source in sources or each.film.source in seen], seen)
    chosen = {name: films for name, films in choice.by_source.items() if name in sources}
    changes: Asked = {each.path: (AS_IT_IS, LOW_RESOLUTION) for those in chosen.values() for each in those}
    said = _answers(bundle, changes, data)
    rows = []
    for source, those in chosen.items():
        row: dict[str, Any] = {"bundle": _named(bundle), "source": source}
        row |= {f"{side}_films": sum(each.truth == side for each in those) for side in ("normal", "abnormal")}
        for place, look in enumerate((AS_IT_IS, LOW_RESOLUTION)):
            probabilities = np.stack([said[each.path][place] for each in those])
            row[look] = _figures_left_out(bundle, source, those, probabilities, data.resamples)
        rows.append(row)
    return rows


def _figures_left_out(
    bundle: Bundle,
    source: str,
    films: Sequence[JudgedFilm],
    probabilities: NDArray[np.floating],
    resamples: int,
) -> dict[str, Figure]:
    rows = rows_of_source(source, films, probabilities, bundle.unsure_band)
    sides = {row["truth"]: row for row in rows}
    nothing = intervals.NO_FIGURE
    return {
        "auroc": auroc_of_source(films, probabilities, resamples),
        "normal_called_pathological": sides.get("normal", {}).get("pathological", nothing),
        "abnormal_called_normal": sides.get("abnormal", {}).get("normal", nothing),
        "abnormal_called_pathological": sides.get("abnormal", {}).get("pathological", nothing),
    }
