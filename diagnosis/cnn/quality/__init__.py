"""Whether a film can be answered at all: refused, corrected or doubted, each with a code and how sure that is.

1. Before the network runs, the pixels are checked (`pixels`), then the film checks' own small network looks at
   the whole film (`film_checks`): what it shows, which way up, negative or mirrored.
2. After it, features from the middle of the network are compared with the training films in the bundle
   (`gate`): a picture too far from the nearest one is refused.
"""

from diagnosis.cnn.quality.gate import FilmGate, directions, distance_to_films, spread_out
from diagnosis.cnn.quality.pixels import MOST_COLOUR, check_pixels, few_grey_levels
from diagnosis.cnn.quality.refusals import NotAChestRadiograph

__all__ = [
    "MOST_COLOUR",
    "FilmGate",
    "NotAChestRadiograph",
    "check_pixels",
    "directions",
    "distance_to_films",
    "few_grey_levels",
    "spread_out",
]
