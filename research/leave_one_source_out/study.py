"""The whole study: every source left out in turn, with every seed, and finished runs kept."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from diagnosis.cnn.evaluation.manifest import Film, Manifest, ManifestError
from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.options import BUDGET, TrainingOptions
from research.leave_one_source_out.tables import interval

log = logging.getLogger(__name__)

RUNS: Final = "leave-one-out.jsonl"
# Films of each side, below which a source is judged only where it is named: an AUROC of three films is noise.
LEAST_FILMS: Final = 30
MEAN_TARGET, LEAST_TARGET = 0.85, 0.75
# Given by the protocol or by the single run, so not part of what is studied.
NOT_STUDIED: Final = BUDGET
# How network and level heads make one answer; whoever changes that changes this, or old runs pass for new.
BLEND: Final = "log-odds of abnormal against normal"


@dataclass(frozen=True)
class Protocol:
    """What is left out and how it is judged; `options` say how every network is trained.

    sources: None for all that have LEAST_FILMS abnormal and normal films. films_seen: the budget of a run.
    judge_most: films of each class that judge a source, None for all of them. work: folder of the decoded
    films and of the runs that are done. bundles: folder for a bundle of each run, or None.
    """

    manifest: Manifest
    options: TrainingOptions
    preprocessing: PreprocessingParameters
    lungs: Path
    work: Path
    seeds: tuple[int, ...]
    films_seen: float
    sources: tuple[str, ...] | None = None
    judge_most: int | None = None
    bundles: Path | None = None

    @property
    def findings(self) -> tuple[str, ...]:
        """The classes of the networks."""
        return TASKS[self.options.task]

    def described(self) -> dict[str, Any]:
        """Everything that a run's figures depend on but for its source and seed, as JSON values."""
        options = {name: value for name, value in self.options.to_json().items() if name not in NOT_STUDIED}
        return {
            "options": options,
            "blend": BLEND,
            "preprocessing": self.preprocessing.to_card(),
            "films_seen": self.films_seen,
            "judged_films_of_a_class_at_most": self.judge_most,
            "data": self.manifest.fingerprint(),
            "lung_network": hashlib.sha256(self.lungs.read_bytes()).hexdigest(),
        }

    def key(self) -> str:
        """A digest of the same."""
        return hashlib.sha256(json.dumps(self.described(), sort_keys=True).encode()).hexdigest()[:16]

    def bundle(self, source: str, seed: int) -> Path | None:
        """Where the bundle of a run belongs; another protocol's lies in another folder."""
        return self.bundles and self.bundles / f"without-{source}-seed-{seed}-{self.key()[:8]}"


def sources_to_judge(protocol: Protocol) -> tuple[str, ...]:
    """The sources of the study, each once.

    Raises ManifestError naming every one that is unknown, has not both normal and abnormal films to be
    judged by, or without which a class has no film to train on.
    """
    if protocol.sources is not None:
        chosen = tuple(dict.fromkeys(protocol.sources))
    else:
        sides = _sides(protocol.manifest.films)
        sources = sorted({film.source for film in protocol.manifest.films})
        chosen = tuple(name for name in sources if min(sides[name, True], sides[name, False]) >= LEAST_FILMS)
        if not chosen:
            raise ManifestError(
                [f"no source has {LEAST_FILMS} normal and {LEAST_FILMS} abnormal films: name those to judge"]
            )
    problems = [problem for name in chosen for problem in _problems(protocol, name)]
    if problems:
        raise ManifestError(problems)
    return chosen


def _problems(protocol: Protocol, source: str) -> list[str]:
    films = protocol.manifest.films
    known = sorted({film.source for film in films})
    if source not in known:
        return [f"source {source}: no film of it; the data have {', '.join(known)}"]
    # A choice of films is one of the train split, so that the others are left to confirm.
    judging = films if protocol.judge_most is None else protocol.manifest.of_split("train")
    sides = _sides(judging)
    where = "" if protocol.judge_most is None else " in the train split"
    problems = [
        f"source {source}: no {side} film{where}, so it cannot be judged"
        for side, normal in (("normal", True), ("abnormal", False))
        if not sides[source, normal]
    ]
    splits = ("train",) if protocol.bundles is None else ("train", "val")  # limits are set on val
    rest = {(film.split, film.label) for film in films if film.source != source}
    return problems + [
        f"class {finding}: no film in the {split} split without the source {source}"
        for split in splits
        for finding in protocol.findings
        if (split, finding) not in rest
    ]


def _sides(films: Sequence[Film]) -> Counter[tuple[str, bool]]:
    return Counter((film.source, film.label == "normal") for film in films)


def finished_runs(protocol: Protocol) -> tuple[dict[tuple[str, int], dict[str, Any]], int]:
    """Figures by source and seed of the runs that are done, and how many others the file holds.

    A line that a kill left half written is none.
    """
    path, key = protocol.work / RUNS, protocol.key()
    done, others = dict[tuple[str, int], dict[str, Any]](), 0
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            run = json.loads(line)
        except ValueError:
            continue
        if run["key"] == key:
            done[run["source"], run["seed"]] = run
        else:
            others += 1
    return done, others


def study(protocol: Protocol, *, say: Callable[[str], object] = log.info) -> dict[str, Any]:
    """Train and judge what is not done yet, each source with each seed; returns the report as JSON values.

    Raises ManifestError before the first step where the sources cannot be judged.
    """
    sources = sources_to_judge(protocol)
    done, others = finished_runs(protocol)
    wanted = [(source, seed) for seed in dict.fromkeys(protocol.seeds) for source in sources]
    done = {run: figures for run, figures in done.items() if _has_bundle(protocol, *run)}
    skipped = sum(run in done for run in wanted)
    if skipped:
        say(f"{skipped} of {len(wanted)} runs are done already ({protocol.work / RUNS}) and not run again")
    if others:
        say(f"{others} runs in {protocol.work / RUNS} had other options and are left alone")
    for source, seed in wanted:
        if (source, seed) not in done:
            run = done[source, seed] = _run(protocol, source, seed)
            say(f"without {source}, seed {seed}: {interval(run)}, {run['minutes']:.1f} min")
    return report_of(protocol, {run: done[run] for run in wanted})


def _has_bundle(protocol: Protocol, source: str, seed: int) -> bool:
    folder = protocol.bundle(source, seed)
    return folder is None or folder.is_dir()


def _run(protocol: Protocol, source: str, seed: int) -> dict[str, Any]:
    # TensorFlow takes seconds to import: only where there is something to train.
    import keras

    from research.leave_one_source_out.leave_one_out import judged_films, leave_out

    keras.backend.clear_session()  # the graphs of the runs before
    judged = judged_films(protocol.manifest, source, most=protocol.judge_most, findings=protocol.findings)
    figures = leave_out(
        protocol.manifest,
        source,
        replace(protocol.options, seed=seed),
        protocol.preprocessing,
        films=protocol.films_seen,
        lungs=protocol.lungs,
        cache=protocol.work / "cache",
        judged=judged,
        bundle=protocol.bundle(source, seed),
    )
    run = {"key": protocol.key()} | figures
    path = protocol.work / RUNS
    path.parent.mkdir(parents=True, exist_ok=True)
    cut = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a") as stream:
        stream.write("\n" * cut + json.dumps(run) + "\n")
    return run


def report_of(protocol: Protocol, runs: dict[tuple[str, int], dict[str, Any]]) -> dict[str, Any]:
    """Every figure: by source over the seeds, the mean over the sources, and against the targets."""
    sources = dict.fromkeys(source for source, _ in runs)
    by_source = {
        source: _over_seeds({seed: run for (name, seed), run in runs.items() if name == source})
        for source in sources
    }
    means = {source: row["mean"] for source, row in by_source.items()}
    shares = _by_share(runs)
    mean, least = fmean(means.values()), min(means, key=lambda source: means[source])
    return {
        "figure": "AUROC of abnormal against normal inside the source that was left out",
        "seeds": list(dict.fromkeys(seed for _, seed in runs)),
        "minutes_of_training": sum(run["minutes"] for run in runs.values()),
        "mean_over_sources": mean,
        "sources": by_source,
        **({"by_share_of_level_heads": shares} if shares else {}),
        "targets": {
            "mean_over_sources": {"at_least": MEAN_TARGET, "value": mean, "met": mean >= MEAN_TARGET},
            "least_source": {
                "at_least": LEAST_TARGET,
                "value": means[least],
                "source": least,
                "met": means[least] >= LEAST_TARGET,
            },
        },
        "protocol": protocol.described(),
    }


def _over_seeds(runs: dict[int, dict[str, Any]]) -> dict[str, Any]:
    values = [run["auroc"] for run in runs.values()]
    some = next(iter(runs.values()))
    row = {"mean": fmean(values), "least": min(values), "most": max(values)}
    row |= {
        f"seed_{seed}": {name: run[name] for name in ("auroc", "low", "high")} for seed, run in runs.items()
    }
    row |= {"abnormal_films": some["abnormal"], "normal_films": some["normal"]}
    limits = [run.get("carried_limits", {}) for run in runs.values()]
    return row | {
        f"{figure}_where_known_sources_have_{limit}": fmean(each[limit][figure] for each in limits)
        for limit, figures in limits[0].items()
        for figure in figures
        if all(limits)
    }


def _by_share(runs: dict[tuple[str, int], dict[str, Any]]) -> dict[str, dict[str, float]]:
    """What answers with another share of level heads would reach: AUROC by source and share, over the seeds.

    Only the shares that every run has; empty where one has no level heads.
    """
    every = [run.get("by_share", {}) for run in runs.values()]
    shares = [share for share in every[0] if all(share in each for each in every)]
    if not shares:
        return {}
    rows: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(source for source, _ in runs):
        own = [run["by_share"] for (source, _), run in runs.items() if source == name]
        rows[name] = {share: fmean(each[share] for each in own) for share in shares}
    return rows | {"mean": {share: fmean(row[share] for row in rows.values()) for share in shares}}
