"""A hospital's own limits: the same network, with thresholds set on the hospital's labelled films.

At a source left out of training, a network still ranked abnormal above normal films quite well, but its
thresholds hardly held (research/README.md): they have to be set where the films are taken.
"""

import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.bundle import CARD, SUMS, Bundle, write_bundle
from diagnosis.cnn.evaluation import calibration
from diagnosis.cnn.evaluation.manifest import Film, Manifest, ManifestError
from diagnosis.cnn.evaluation.report import RESAMPLES, Evaluation, evaluate, films_of_task
from diagnosis.cnn.evaluation.separation import band_of, why_no_limits

# Of each side. With 50 abnormal patients, one of them is two points of sensitivity.
LEAST_PATIENTS: Final = 50
SITE: Final = re.compile(r"[a-z0-9-]{1,20}")
LONGEST_VERSION: Final = 32  # the registry holds no longer one


def with_own_limits(
    bundle: Bundle,
    manifest: Manifest,
    *,
    site: str,
    folder: Path,
    split: str | None = None,
    processes: int | None = None,
    resamples: int = RESAMPLES,
) -> tuple[Bundle, Evaluation]:
    """A copy of a bundle in a new folder, version "…+site", with operating points and unsure band of these
    films; and what the bundle did on them before.

    Its network, its probabilities and the metrics on its card stay what they were. Raises ManifestError with
    everything that is wrong with the films, or where they allow no limits; ValueError for a site that is no
    short word, and for a folder that is there already.
    """
    version = own_version(bundle, site)
    if folder.exists():
        raise ValueError(f"{folder}: there is something of that name already, and it is left alone")
    films, _ = films_of_task(bundle, manifest, split)
    problems = few_or_twice(films)
    if problems:
        raise ManifestError(problems)
    evaluation = evaluate(bundle, manifest, split=split, processes=processes, resamples=resamples)
    labels = np.array([list(bundle.findings).index(film.label) for film in evaluation.films])
    limits = limits_of(evaluation.probabilities, labels, evaluation.films, resamples=resamples)
    card = bundle.card | limits | {"version": version}
    card["limits_set"] = {
        "site": site,
        "films": len(labels),
        "fingerprint": manifest.fingerprint(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "of": {"version": bundle.version, "checksum": bundle.checksum},
    }
    return write_bundle(folder, build=lambda partial: _copied(bundle, partial, card)), evaluation


def own_version(bundle: Bundle, site: str) -> str:
    """The version of a bundle with a site's limits; ValueError where it would not be a valid one."""
    if not SITE.fullmatch(site):
        raise ValueError(f"{site!r}: a site is a word of a-z, 0-9 and hyphens, 20 at most")
    version = f"{bundle.version.partition('+')[0]}+{site}"
    if len(version) > LONGEST_VERSION:
        raise ValueError(f"{version}: a version has {LONGEST_VERSION} letters at most; take a shorter site")
    return version


def few_or_twice(films: Sequence[Film]) -> list[str]:
    """Why films cannot set limits: listed twice, or of too few patients."""
    names = [film.file for film in films]
    problems = [f"{name}: listed more than once" for name in sorted({n for n in names if names.count(n) > 1})]
    for side in ("abnormal", "normal"):
        own = {film.group or film.file for film in films if (film.label == "normal") == (side == "normal")}
        if len(own) < LEAST_PATIENTS:
            problems.append(
                f"{side} films are of {len(own)} patients: limits need {LEAST_PATIENTS} at least, for fewer "
                "would set them by chance"
            )
    return problems


def limits_of(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    films: Sequence[Film],
    *,
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """Operating points and unsure band of these answers, (n, classes) with "normal" last, as a card has them.

    Raises ManifestError where no limit separates the films well enough.
    """
    band = band_of(probabilities, labels)
    if problem := why_no_limits(band):
        raise ManifestError([f"{problem}: this network cannot be used with these films"])
    groups = [film.group or film.file for film in films]
    points = calibration.operating_points(probabilities, labels, groups, resamples=resamples)
    return {"operating_points": points, "unsure_band": band}


def _copied(bundle: Bundle, partial: Path, card: dict[str, Any]) -> dict[str, Any]:
    for file in bundle.path.iterdir():
        if file.is_file() and file.name not in (CARD, SUMS):
            shutil.copyfile(file, partial / file.name)
    return card
