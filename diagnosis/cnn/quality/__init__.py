"""Whether a film can be answered at all: refused, corrected or doubted, by codes, and how sure that is.

1. Before the network runs, the pixels are checked (`pixels`), then the film checks' own small network looks
   at the whole film (`film_checks`): what it shows, which way up, negative or mirrored; `verdict` says what
   follows.
2. After it, features from the middle of the network are compared with the training films in the bundle
   (`gate`): a picture too far from the nearest one is refused.
"""

from diagnosis.cnn.quality.cut_off import lungs_cut_off
from diagnosis.cnn.quality.film_checks import FilmChecks
from diagnosis.cnn.quality.gate import FilmGate, directions, distance_to_films, spread_out
from diagnosis.cnn.quality.letters import share_hidden, without_letters
from diagnosis.cnn.quality.pixels import MOST_COLOUR, check_pixels, few_grey_levels
from diagnosis.cnn.quality.refusals import NotAChestRadiograph
from diagnosis.cnn.quality.verdict import (
    Verdict,
    doubtful,
    judge,
    judged_by_pixels,
    with_cut_off_lungs,
    with_hidden_lungs,
)

__all__ = [
    "MOST_COLOUR",
    "FilmChecks",
    "FilmGate",
    "NotAChestRadiograph",
    "Verdict",
    "check_pixels",
    "directions",
    "distance_to_films",
    "doubtful",
    "few_grey_levels",
    "judge",
    "judged_by_pixels",
    "lungs_cut_off",
    "share_hidden",
    "spread_out",
    "with_cut_off_lungs",
    "with_hidden_lungs",
    "without_letters",
]
