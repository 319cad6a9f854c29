"""How many names drawn on films are found and covered, and on how many plain films something is covered.

    python benchmarks/burnt_in_letters.py FOLDER [--films 50]

It needs RapidOCR. Names are drawn in white, capitals about 8, 12 and 20 pixels tall, on picked films.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from diagnosis.imaging.dicom.burnt_in import Line, Reader

NAMES = (
    "MEIER, ANNA", "Smith^John", "GARCIA LOPEZ", "Nguyen Van An", "DOE JANE 1962", "Kowalski, Jan",
    "ID 4711234", "OKAFOR CHIDI",
)  # fmt: skip
SIZES = (11, 16, 28)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--films", type=int, default=50)
    options = parser.parse_args()
    found = sorted(path for path in options.folder.rglob("*") if path.suffix in (".png", ".jpg", ".jpeg"))
    picked = np.random.default_rng(5).choice(len(found), min(options.films, len(found)), replace=False)
    reader, covered, drawn, whole = Reader(), 0, dict.fromkeys(SIZES, 0), dict.fromkeys(SIZES, 0)
    began = time.process_time()
    for number, at in enumerate(picked):
        film = Image.open(found[at]).convert("L")
        lines = reader.lines_that_may_name(np.asarray(film))
        covered += bool(lines)
        print(f"{found[at].name}: {[line.text for line in lines]}")
        random = np.random.default_rng(number)
        for size in SIZES:
            if (written := write(film, size, random)) is None:
                continue
            named, letters = written
            drawn[size] += 1
            whole[size] += hidden(reader.lines_that_may_name(named), letters) > 0.98
    for size in SIZES:
        print(
            f"capitals of about {size * 0.72:.0f} pixels: {whole[size]} of {drawn[size]} names covered whole"
        )
    print(f"films as they are on which something is covered: {covered} of {len(picked)}")
    read = max(1, len(picked) + sum(drawn.values()))
    print(f"{(time.process_time() - began) / read:.1f} s of computing a film")


def write(film: Image.Image, size: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
    """The film with a name, and where its letters are; None where none fits."""
    picture, font = film.copy(), ImageFont.load_default(size)
    name = NAMES[int(random.integers(len(NAMES)))]
    width = int(ImageDraw.Draw(picture).textlength(name, font=font))
    if width > film.width - 6:
        return None
    left = int(random.integers(2, film.width - width - 2))
    top = int(random.choice([4, film.height - size - 8, int(film.height * random.uniform(0.2, 0.8))]))
    ImageDraw.Draw(picture).text((left, top), name, fill=255, font=font)
    letters = np.asarray(picture).astype(int) - np.asarray(film) > 20
    return (np.asarray(picture), letters) if letters.sum() > 20 else None


def hidden(lines: list[Line], letters: np.ndarray) -> float:
    """How much of the letters lies in the boxes."""
    left = letters.copy()
    for line in lines:
        box = line.box
        left[box.top : box.top + box.height, box.left : box.left + box.width] = False
    return 1 - float(left.sum() / letters.sum())


if __name__ == "__main__":
    main()
