"""What follows from the film checks: a refusal, corrections, cautions, each with how sure it is.

A wrong correction is worse than none: the film that was put right must also look right in a second look, else
there is a caution alone.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.quality.film_checks import Look
from diagnosis.cnn.quality.letters import MOST_HIDDEN, Box, lines_of_letters
from diagnosis.cnn.quality.pixels import exposure, few_grey_levels
from diagnosis.cnn.quality.refusals import refusal
from diagnosis.imaging.correction import INVERTED, TURNS, corrected
from diagnosis.imaging.radiograph import Radiograph

# What else a picture may be than one frontal film -> the refusal's code. Of several films or a photograph of
# one the network's answer may still be read, by a person.
REFUSED: Final = {"other": "not_a_chest_film", "lateral": "lateral", "part": "lungs_cut_off"}
DOUBTED: Final = {"several": "several_films", "photographed": "film_photographed"}
# The one caution that says nothing about the answer: the name is a matter of who may see it.
HARMLESS: Final = ("burnt_in_text_suspected",)


class Looks(Protocol):
    """What looks at films; `FilmChecks` does."""

    limits: dict[str, float]
    checksum: str

    def look(self, pixels: NDArray[np.float32]) -> Look:
        """What a picture, float32 (height, width) 0-1, shows."""


def _told(code: str, confidence: float) -> dict[str, Any]:
    return {"code": code, "confidence": round(confidence, 4)}


@dataclass(frozen=True)
class Verdict:
    """The film to analyse, and what is told about it.

    checks: the checksum of what judged, "" for nothing. letters: what of the film no network is to see.
    """

    film: Radiograph
    corrections: list[dict[str, Any]] = field(default_factory=list)
    cautions: list[dict[str, Any]] = field(default_factory=list)
    checks: str = ""
    letters: list[Box] = field(default_factory=list)

    def quality(self) -> dict[str, Any]:
        """The JSON values that a Prediction stores."""
        return {"corrections": self.corrections, "cautions": self.cautions, "checks": self.checks}


def with_cut_off_lungs(quality: dict[str, Any]) -> dict[str, Any]:
    """The same with the caution that the lungs found run out of the film; a surer one of the kind stays."""
    if any(caution["code"] == "lungs_cut_off_suspected" for caution in quality["cautions"]):
        return quality
    return quality | {"cautions": [*quality["cautions"], _told("lungs_cut_off_suspected", 1.0)]}


def with_hidden_lungs(quality: dict[str, Any], share: float) -> dict[str, Any]:
    """The same with the caution that letters lie over the lungs, if they hide so large a share of them."""
    if share <= MOST_HIDDEN:
        return quality
    return quality | {"cautions": [*quality["cautions"], _told("letters_over_lungs", 1.0)]}


def doubtful(quality: dict[str, Any]) -> bool:
    """Whether a person should read the film first, for what its checks say."""
    return any(caution["code"] not in HARMLESS for caution in quality.get("cautions", ()))


def judge(checks: Looks, radiograph: Radiograph, *, correct: bool = True) -> Verdict:
    """Look at a film and say what follows; correct=False leaves it as it came and cautions instead.

    Raises NotAChestRadiograph for pictures that are surely no whole frontal film.
    """
    look = checks.look(radiograph.pixels)
    _refuse(look, checks.limits)
    wanted = _corrections(look, checks.limits)
    film, again = radiograph, look
    if wanted:
        film = corrected(radiograph, [one["code"] for one in wanted])
        again = checks.look(film.pixels)
    applied = wanted if correct and again.agrees_with(checks.limits["confirm"]) else []
    cautions = _cautions(again, checks.limits)
    if wanted and not correct:
        cautions.append(_told("needs_correction", max(one["confidence"] for one in wanted)))
    elif wanted and not applied:
        cautions += [_told(_suspected(one["code"]), one["confidence"]) for one in wanted]
    elif not wanted:
        cautions += _suspicions(look, checks.limits)
    shown = film if applied else radiograph
    letters = lines_of_letters(shown)
    cautions += pixel_cautions(film, letters)
    return Verdict(shown, applied, cautions, checks.checksum, letters)


def judged_by_pixels(radiograph: Radiograph) -> Verdict:
    """What follows where no network of film checks is at hand."""
    letters = lines_of_letters(radiograph)
    return Verdict(radiograph, cautions=pixel_cautions(radiograph, letters), letters=letters)


def pixel_cautions(film: Radiograph, letters: list[Box]) -> list[dict[str, Any]]:
    """What is doubtful by the pixels alone. These are counted, not estimated: their confidence is 1."""
    codes = exposure(film)
    codes += ["few_grey_levels"] if few_grey_levels(film) else []
    codes += ["burnt_in_text_suspected"] if letters else []
    return [{"code": code, "confidence": 1.0} for code in codes]


def _refuse(look: Look, limits: dict[str, float]) -> None:
    confidence = sum(look.kind[kind] for kind in REFUSED)
    if confidence >= limits["refuse"]:
        raise refusal(REFUSED[max(REFUSED, key=look.kind.__getitem__)], confidence)


def _corrections(look: Look, limits: dict[str, float]) -> list[dict[str, Any]]:
    """What the film would need, as it seems at the first look."""
    turns = zip(TURNS, look.turned[1:], strict=True)
    probable = [(INVERTED, look.inverted), *turns]
    return [_told(code, p) for code, p in probable if p >= limits["correct"]]


def _suspected(code: str) -> str:
    return "inverted_suspected" if code == INVERTED else "turned_suspected"


def _suspicions(look: Look, limits: dict[str, float]) -> list[dict[str, Any]]:
    """What may be wrong with a film of which nothing is sure enough to be put right."""
    found = {"inverted_suspected": look.inverted, "turned_suspected": 1 - look.turned[0]}
    return [_told(code, p) for code, p in found.items() if p >= limits["suspect"]]


def _cautions(look: Look, limits: dict[str, float]) -> list[dict[str, Any]]:
    """What a film put right, as far as it could be, gives cause to doubt."""
    unlike = {kind: look.kind[kind] for kind in REFUSED}
    named = {f"{code}_suspected": unlike[kind] for kind, code in REFUSED.items()}
    found = [_told(code, look.kind[kind]) for kind, code in DOUBTED.items() if look.kind[kind] >= 0.5]
    if sum(unlike.values()) >= limits["caution"]:
        found.append(_told(max(named, key=named.__getitem__), sum(unlike.values())))
    if look.mirrored >= limits["mirrored"]:
        found.append(_told("mirrored_suspected", look.mirrored))
    return found
