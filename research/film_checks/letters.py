"""Measure what covering burnt-in letters does to answers, and what can still be read under them.

python -m research.film_checks.letters --bundle B --manifest M [--films 200] [--read 60] [--markdown OUT]
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from diagnosis.cnn.bundle import Bundle, find_bundle, load_bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.evaluation import command_line
from diagnosis.cnn.evaluation.manifest import read_manifest
from diagnosis.cnn.quality import Verdict, without_letters
from diagnosis.cnn.quality.letters import Box, lines_of_letters
from diagnosis.cnn.training.film_checks.alterations import NAMES
from diagnosis.imaging.dicom.burnt_in import Reader
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.refusal import FilmRefused

PLACES: Final = ("none drawn", "in a corner", "across the lungs")
WAYS: Final = ("as it is", "covered in black", "filled from around", "filled, and told of lungs")
Cover = Callable[[Radiograph, list[Box]], Radiograph]


class Covering(Classifier):
    """The shipped classifier, which covers letters in a way of its own, and is silent on hidden lungs."""

    def __init__(self, bundle: Bundle, cover: Cover | None) -> None:
        super().__init__(bundle)
        self.cover = cover

    def _judged(self, radiograph: Radiograph, *, gate: bool, correct: bool) -> Verdict:
        said = super()._judged(radiograph, gate=gate, correct=correct)
        if self.cover is None:
            return said
        return replace(said, film=self.cover(said.film, said.letters), letters=[])


@dataclass(frozen=True)
class Answer:
    """What a film was told: the triage and the finding, or the refusal's code twice."""

    triage: str
    finding: str


def answer(classifier: Classifier, film: Radiograph) -> Answer:
    """What a classifier says of a film."""
    try:
        said = classifier.classify(film)
    except FilmRefused as refused:
        return Answer(refused.code, refused.code)
    return Answer(said.triage, said.finding)


def in_black(film: Radiograph, boxes: Sequence[Box]) -> Radiograph:
    """The film with black boxes, as exports cover letters."""
    pixels = film.pixels.copy()
    for box in boxes:
        pixels[box.top : box.bottom, box.left : box.right] = film.pixels.min()
    return replace(film, pixels=pixels)


def named(film: Radiograph, place: str, random: np.random.Generator) -> Radiograph:
    """The film with a name drawn at one of PLACES."""
    if place == "none drawn":
        return film
    picture = Image.fromarray(_levels(film))
    size = max(9, round(picture.height * random.uniform(0.035, 0.06)))
    text, draw = str(random.choice(NAMES)), ImageDraw.Draw(picture)
    room = picture.width - draw.textlength(text, font_size=size)
    across = place == "across the lungs"
    at = (room * random.uniform(0.2, 0.8), picture.height * random.uniform(0.3, 0.6))
    corner = (room * random.choice([0.02, 0.98]), picture.height * 0.02)
    draw.text(at if across else corner, text, fill=255, font_size=size)
    return replace(film, pixels=np.asarray(picture, dtype=np.float32) / np.float32(255))


def _levels(film: Radiograph) -> NDArray[np.uint8]:
    return np.asarray(np.clip(film.pixels, 0, 1) * 255 + 0.5, dtype=np.uint8)


def measured(bundle: Bundle, films: Sequence[Path], *, read: int) -> list[str]:
    """Markdown rows: by place and way, how many answers differ from that about the film as it came."""
    covers: list[Cover | None] = [lambda film, _: film, in_black, without_letters, None]
    ways = dict(zip(WAYS, (Covering(bundle, cover) for cover in covers), strict=True))
    counts = {place: {way: np.zeros(2, int) for way in WAYS} for place in PLACES}
    found, legible = dict.fromkeys(PLACES, 0), dict.fromkeys(PLACES, 0)
    reader, random = Reader(), np.random.default_rng(7)
    for number, path in enumerate(films):
        came = read_raster(path)
        before = answer(ways["as it is"], came)
        own = {line.text for line in reader.lines_that_may_name(_levels(came))} if number < read else set()
        for place in PLACES:
            film = named(came, place, random)
            boxes = lines_of_letters(film)
            found[place] += bool(boxes)
            if number < read and place != "none drawn":
                lines = reader.lines_that_may_name(_levels(without_letters(film, boxes)))
                legible[place] += any(line.text not in own and len(line.text) > 2 for line in lines)
            for way, classifier in ways.items():
                after = answer(classifier, film)
                turned = {before.triage, after.triage} == {"normal", "pathological"}
                counts[place][way] += (before.triage != after.triage, turned)
    head = f"| name | letters found | still read, of {min(read, len(films))} | {' | '.join(WAYS)} |"
    rows = [head, "| --- |" + " --- |" * (2 + len(WAYS))]
    for place in PLACES:
        told = " | ".join(f"{counts[place][way][0]} ({counts[place][way][1]})" for way in WAYS)
        left = "" if place == "none drawn" else legible[place]
        rows.append(f"| {place} | {found[place]} of {len(films)} | {left} | {told} |")
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, and write the table where asked to."""
    parser = argparse.ArgumentParser(
        prog="python -m research.film_checks.letters",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bundle", required=True, help="a bundle with film checks")
    parser.add_argument("--manifest", type=Path, required=True, help="films of its test split are drawn on")
    parser.add_argument("--films", type=command_line.one_or_more, default=200)
    parser.add_argument("--read", type=int, default=60, help="films that the reader of letters looks at")
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args(argv)
    with command_line.problems_in_words():
        command_line.check_folder(arguments.markdown)
        manifest = read_manifest(arguments.manifest)
        test = manifest.of_split("test")
        chosen = [test[k] for k in np.random.default_rng(3).permutation(len(test))[: arguments.films]]
        bundle = load_bundle(find_bundle(arguments.bundle))
        rows = measured(bundle, [manifest.path(film) for film in chosen], read=arguments.read)
    print("\n".join(rows))
    if arguments.markdown:
        arguments.markdown.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
