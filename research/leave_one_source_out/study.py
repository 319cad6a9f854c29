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
    films and of the runs that are done.
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
    rest = {film.label for film in protocol.manifest.of_split("train") if film.source != source}
    return problems + [
        f"class {finding}: no film in the train split without the source {source}"
        for finding in protocol.findings
        if finding not in rest
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
    skipped = sum(run in done for run in wanted)
    if skipped:
        say(f"{skipped} of {len(wanted)} runs are done already ({protocol.work / RUNS}) and not run again")
    if others:
        say(f"{others} runs in {protocol.work / RUNS} had other options and are left alone")
    for source, seed in wanted:
        if (source, seed) not in done:
            run = done[source, seed] = _run(protocol, source, seed)
            say(f"without {source}, seed {seed}: {_interval(run)}, {run['minutes']:.1f} min")
    return report_of(protocol, {run: done[run] for run in wanted})


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


def as_text(report: dict[str, Any]) -> str:
    """The report as a table, a line a source, and whether the targets are met."""
    seeds = report["seeds"]
    wide = max(16, *(len(source) + 2 for source in report["sources"]))
    head = f"{'left out':<{wide}}{'mean':>6}{'least':>7}{'most':>7}  "
    lines = [
        report["figure"] + " [95 % interval]",
        "",
        head + "".join(f"{f'seed {seed}':<22}" for seed in seeds) + "abnormal / normal films",
    ]
    for source, row in report["sources"].items():
        each = "".join(f"{_interval(row[f'seed_{seed}']):<22}" for seed in seeds)
        numbers = f"{row['mean']:>6.3f}{row['least']:>7.3f}{row['most']:>7.3f}"
        lines.append(f"{source:<{wide}}{numbers}  {each}{row['abnormal_films']} / {row['normal_films']}")
    lines += [f"{'mean':<{wide}}{report['mean_over_sources']:>6.3f}", "", *_shares(report), *_carried(report)]
    for name, words in (("mean_over_sources", "mean over sources"), ("least_source", "least of a source")):
        target = report["targets"][name]
        which = f" ({target['source']})" if "source" in target else ""
        met = "met" if target["met"] else f"missed by {target['at_least'] - target['value']:.3f}"
        lines.append(f"{words} {target['value']:.3f}{which}, at least {target['at_least']:.2f} wanted: {met}")
    return "\n".join(lines)


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


def _shares(report: dict[str, Any]) -> list[str]:
    """The same as lines, from the network alone (0) to the level heads alone (1)."""
    rows = report.get("by_share_of_level_heads", {})
    lines = [
        f"{source:<20}" + "".join(f"{value:>7.3f}" for value in row.values()) for source, row in rows.items()
    ]
    head = "".join(f"{share:>7}" for share in next(iter(rows.values()), ()))
    return [f"{'by share of heads':<20}{head}", *lines, ""] if lines else []


def _carried(report: dict[str, Any]) -> list[str]:
    """What became of limits that were set on the known sources, a line a source and limit."""
    lines = []
    for source, row in report["sources"].items():
        for limit in ("sensitivity_95", "specificity_95"):
            name = f"_where_known_sources_have_{limit}"
            if f"sensitivity{name}" in row:
                kept, spared = (row[figure + name] for figure in ("sensitivity", "specificity"))
                words = limit.replace("_95", " 0.95")
                lines.append(
                    f"limit with {words} on known sources: in {source} sensitivity {kept:.2f}, "
                    f"specificity {spared:.2f}"
                )
    return [*lines, ""] if lines else []


def _interval(figures: dict[str, Any]) -> str:
    return f"{figures['auroc']:.3f} [{figures['low']:.3f}, {figures['high']:.3f}]"
