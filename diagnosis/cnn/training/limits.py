"""Limits of a hospital's own: the same network, with the thresholds that its own labelled films ask for.

Trained without a source, the network kept much of its order of abnormal and normal films there, and next to
nothing of its limits (docs/experiments.md): what calls a film normal has to be set where the films are taken.
"""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from diagnosis.cnn.bundle import CARD, SUMS, Bundle, write_bundle
from diagnosis.cnn.training import calibration
from diagnosis.cnn.training.dataset import Manifest, ManifestError
from diagnosis.cnn.training.evaluation import RESAMPLES, evaluate

# Of each side. With 50 abnormal films, one of them is two points of sensitivity.
LEAST_FILMS: Final = 50
SITE: Final = re.compile(r"[a-z0-9-]{1,20}")


def with_own_limits(
    bundle: Bundle,
    manifest: Manifest,
    *,
    site: str,
    folder: Path,
    split: str | None = None,
    processes: int | None = None,
    resamples: int = RESAMPLES,
    progress: Callable[[int], None] = lambda done: None,
) -> Bundle:
    """A copy of a bundle in `folder`, version "…+site", with operating points and unsure band of these films.

    Its network, its probabilities and the metrics on its card stay what they were. Raises ManifestError,
    naming every film that cannot be used, or where there are fewer than LEAST_FILMS abnormal or normal ones,
    or where no limit can be found; ValueError for a site that is no short word.
    """
    if not SITE.fullmatch(site):
        raise ValueError(f"{site!r}: a site is a word of a-z, 0-9 and hyphens, 20 at most")
    evaluation = evaluate(
        bundle, manifest, split=split, processes=processes, resamples=resamples, progress=progress
    )
    findings = list(bundle.findings)
    labels = np.array([findings.index(film.label) for film in evaluation.films])
    abnormal, normal = int((labels != len(findings) - 1).sum()), int((labels == len(findings) - 1).sum())
    if min(abnormal, normal) < LEAST_FILMS:
        raise ManifestError(
            [
                f"{abnormal} abnormal and {normal} normal films: limits need {LEAST_FILMS} of each at least, "
                "for fewer would set them by chance"
            ]
        )
    groups = [film.group or film.file for film in evaluation.films]
    band = calibration.unsure_band(evaluation.probabilities, labels)
    if max(band["normal_above"], band["abnormal_below"]) > 0.05:
        raise ManifestError(
            ["no limit spares 95 % of these normal films: all of them are abnormal to this network"]
        )
    card = bundle.card | {
        "version": f"{bundle.version.partition('+')[0]}+{site}",
        "operating_points": calibration.operating_points(
            evaluation.probabilities, labels, groups, resamples=resamples
        ),
        "unsure_band": band,
        "limits_set": {
            "site": site,
            "films": {"abnormal": abnormal, "normal": normal},
            "fingerprint": manifest.fingerprint(),
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "of": {"version": bundle.version, "checksum": bundle.checksum},
        },
    }
    return write_bundle(folder, build=lambda partial: _copied(bundle, partial, card))


def _copied(bundle: Bundle, partial: Path, card: dict[str, Any]) -> dict[str, Any]:
    for file in bundle.path.iterdir():
        if file.name not in (CARD, SUMS):
            shutil.copyfile(file, partial / file.name)
    return card
