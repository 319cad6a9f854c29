"""How many names drawn on films are found and covered, and what is covered on films as they are.

    python benchmarks/burnt_in_letters.py FOLDER... [--films 50] [--phantoms 6] [--names 3]

Names stand in capitals about 8, 12 and 20 pixels tall: white, only a little brighter or darker than what is
under them, black on a white label, and along the film's side; at its edges and in its middle.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from diagnosis.imaging.dicom.burnt_in import Line, Reader
from diagnosis.imaging.phantom import draw_phantom

NAMES = (
    "MEIER, ANNA", "Smith^John", "GARCIA LOPEZ", "Nguyen Van An", "DOE JANE 1962", "Kowalski, Jan",
    "ID 4711234", "OKAFOR CHIDI",
)  # fmt: skip
SIZES = (11, 16, 28)
LOOKS = ("white", "faint", "label", "turned")
FAINT = 60
WHOLE = 0.98
LONGEST = 2500  # films larger than this are reduced first, to save time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--films", type=int, default=50)
    parser.add_argument("--phantoms", type=int, default=6)
    parser.add_argument("--names", type=int, default=3, help="how many are drawn on each film, one by one")
    options = parser.parse_args()
    reader, drawn, whole = Reader(), Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    touched, areas, began, read = 0, [], time.process_time(), 0
    for number, (name, film) in enumerate(films(options)):
        lines = reader.lines_that_may_name(np.asarray(film))
        everything = np.ones(np.asarray(film).shape, dtype=bool)
        touched, read = touched + bool(lines), read + 1
        areas.append(hidden(lines, everything))
        print(f"{name} {film.width} x {film.height}: {[line.text for line in lines]}", flush=True)
        random = np.random.default_rng(number)
        for at in range(options.names):
            size, look = SIZES[(number + at) % len(SIZES)], LOOKS[(number + at) % len(LOOKS)]
            if (written := write(film, size, look, random)) is None:
                continue
            named, letters = written
            drawn[size, look] += 1
            read += 1
            if hidden(reader.lines_that_may_name(named), letters) > WHOLE:
                whole[size, look] += 1
            else:
                print(f"    not covered whole: {look}, {size * 0.72:.0f} pixels")
    for size, look in sorted(drawn):
        print(f"{look}, {size * 0.72:.0f} pixels: {whole[size, look]} of {drawn[size, look]} covered whole")
    print(f"{whole.total()} of {drawn.total()} names covered whole")
    print(f"on {touched} of {len(areas)} films as they are something is covered, {max(areas):.2%} at most")
    print(f"{(time.process_time() - began) / read:.1f} s of computing a film")


def films(options: argparse.Namespace) -> list[tuple[str, Image.Image]]:
    """Phantoms, and films picked from the folders."""
    kinds = (".png", ".jpg", ".jpeg")
    found = sorted(path for folder in options.folders for path in folder.rglob("*") if path.suffix in kinds)
    picked = np.random.default_rng(5).choice(len(found), min(options.films, len(found)), replace=False)
    made = [(f"phantom {seed}", draw_phantom(seed=seed).convert("L")) for seed in range(options.phantoms)]
    for at in picked:
        film = Image.open(found[at]).convert("L")
        film.thumbnail((LONGEST, LONGEST))
        made.append((found[at].name, film))
    return made


def write(
    film: Image.Image, size: int, look: str, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """The film with a name, and where its letters are; None where none fits."""
    font, name = ImageFont.load_default(size), NAMES[int(random.integers(len(NAMES)))]
    width, height = int(font.getlength(name)) + 8, size + 8
    letters = Image.new("L", (width, height), 0)
    ImageDraw.Draw(letters).text((4, 2), name, fill=255, font=font)
    label = Image.new("L", letters.size, 255 if look == "label" else 0)
    if look == "turned":
        letters, label = (picture.transpose(Image.Transpose.ROTATE_90) for picture in (letters, label))
    if letters.width > film.width - 4 or letters.height > film.height - 4:
        return None
    left = int(random.integers(2, film.width - letters.width - 1))
    middle = int(film.height * random.uniform(0.2, 0.8))
    places = (2, film.height - letters.height - 2, min(middle, film.height - letters.height - 2))
    top = int(random.choice(places))
    place = (slice(top, top + letters.height), slice(left, left + letters.width))
    levels = np.asarray(film).astype(np.float64)
    under = float(np.median(levels[place]))
    ink = {"faint": under + (FAINT if under < 160 else -FAINT), "label": 0.0}.get(look, 255.0)
    cover = np.asarray(letters) / 255
    ground = np.where(np.asarray(label) > 0, 235.0, levels[place])
    where = np.zeros(levels.shape, dtype=bool)
    levels[place], where[place] = ground + (ink - ground) * cover, cover > 0.3
    return (np.rint(levels).astype(np.uint8), where) if where.any() else None


def hidden(lines: list[Line], letters: np.ndarray) -> float:
    """How much of the letters lies in the boxes."""
    left = letters.copy()
    for line in lines:
        box = line.box
        left[box.top : box.top + box.height, box.left : box.left + box.width] = False
    return 1 - float(left.sum() / letters.sum())


if __name__ == "__main__":
    main()
