"""One run of the study: train without a source, then judge within it.

Within a source that the network never saw, knowing the source is worth nothing: what is left is the disease.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.evaluation.calibration import carried
from diagnosis.cnn.evaluation.manifest import Film, Manifest
from diagnosis.cnn.evaluation.metrics import auroc, bootstrap_interval, softmax
from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.data.films import film_array
from diagnosis.cnn.training.fit import Fitted, Run, predict
from diagnosis.cnn.training.level_heads import fit_level_heads, with_level_heads
from diagnosis.cnn.training.options import TrainingOptions
from diagnosis.cnn.training.recipe import Recipe, make_bundle

log = logging.getLogger(__name__)

# Of the level heads in the answer: what each would reach is known from one run.
SHARES: Final = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0)


def judged_films(
    manifest: Manifest, source: str, *, most: int | None, findings: Sequence[str]
) -> tuple[Film, ...]:
    """The films of a source that judge it: all of them, or a fixed choice.

    most: films of each label, taken evenly along the manifest from the train split alone, so that the chosen
    ones can guide development and all others confirm it.
    """
    films = [film for film in manifest.films if film.source == source and film.label in findings]
    if most is None:
        return tuple(films)
    chosen = []
    for finding in findings:
        those = [film for film in films if film.label == finding and film.split == "train"]
        places = np.unique(np.linspace(0, len(those) - 1, min(most, len(those))).astype(int))
        chosen += [those[place] for place in places]
    return tuple(chosen)


def leave_out(
    manifest: Manifest,
    source: str,
    options: TrainingOptions,
    preprocessing: PreprocessingParameters,
    *,
    films: float,
    lungs: Path,
    cache: Path,
    judged: Sequence[Film],
    bundle: Path | None = None,
) -> dict[str, Any]:
    """Train on the train split of all other sources; figures of the judged films of the one left out.

    films: how many are seen, each as often as it is drawn. bundle: the folder that the network goes to, with
    its limits set on the `val` split of the other sources; a folder that is there already stays.
    """
    findings = TASKS[options.task]
    others = replace(manifest, films=tuple(film for film in manifest.films if film.source != source))
    recipe = Recipe(
        others.for_task(findings), options, cache, lungs,
        name=f"without-{source}", version=f"seed-{options.seed}", preprocessing=preprocessing,
    )  # fmt: skip
    train, val = recipe.films("train"), recipe.films("val")
    inside = film_array(manifest, judged, preprocessing, findings=findings, lungs=lungs, cache=cache)
    options = replace(options, minutes=None, epochs=films / len(train.films))
    run = Run(train, None, options, checkpoints=None)
    model = run.fit()
    heads = fit_level_heads(model, train, options)
    answering = with_level_heads(model, heads, options, size=preprocessing.size)
    logits = predict(answering, inside.pixels)
    figures = judge(logits, inside.labels, judged)
    if heads:
        network = log_odds(predict(model, inside.pixels))
        heads_alone = without_network(log_odds(logits), network, options.level_share)
        figures["by_share"] = by_share(network, heads_alone, inside.labels != len(findings) - 1)
    if val.films:
        said = predict(answering, val.pixels)
        figures["carried_limits"] = carried(said, val.labels, logits, inside.labels)
    if bundle is not None and not bundle.exists():
        fitted = Fitted(model, history=[], best={}, minutes=run.elapsed / 60, films_seen=round(films))
        make_bundle(replace(recipe, options=options), fitted, bundle)
    about = {"source": source, "seed": options.seed, "minutes": run.elapsed / 60, "films_seen": films}
    return figures | about


def log_odds(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Of abnormal against normal, (n,), as softmax of logits (n, classes) has them; normal is the last."""
    together = np.logaddexp.reduce(np.asarray(logits[:, :-1], dtype=np.float64), axis=1)
    return np.asarray(together - logits[:, -1], dtype=np.float64)


def without_network(
    answer: NDArray[np.floating], network: NDArray[np.floating], share: float
) -> NDArray[np.floating]:
    """What the level heads would say alone, log-odds (n,), from those of an answer and of its network.

    An answer's are a blend of the two; share: that of the level heads, above 0.
    """
    return np.asarray((answer - (1 - share) * network) / share)


def by_share(
    network: NDArray[np.floating], heads: NDArray[np.floating], abnormal: NDArray[np.bool_]
) -> dict[str, float]:
    """AUROC of abnormal against normal for each of the SHARES of level heads; log-odds (n,) of both."""
    return {f"{share:g}": auroc(share * heads + (1 - share) * network, abnormal) for share in SHARES}


def judge(logits: NDArray[np.float32], labels: NDArray[np.int32], films: Sequence[Film]) -> dict[str, Any]:
    """AUROC of abnormal against normal with its 95 % interval; whole patients are resampled."""
    score, abnormal = 1 - softmax(logits)[:, -1], labels != logits.shape[1] - 1
    low, high = bootstrap_interval(
        lambda rows: auroc(score[rows], abnormal[rows]),
        [film.group or film.file for film in films],
        resamples=500,
    )
    return {
        "auroc": auroc(score, abnormal),
        "low": low,
        "high": high,
        "abnormal": int(abnormal.sum()),
        "normal": int((~abnormal).sum()),
    }
