"""Measures what a DICOM film costs from file to network beside pydicom's bare `pixel_array`, by syntax.

    python benchmarks/dicom_speed.py [--side 3000] [--bits 12,16] [--rounds 15] [--kinds JPEG-LS]

Each round runs pydicom and us one after the other, in turn in either order, and gives one ratio for each
step; what is printed are medians of the rounds. `film`: from the file to the radiograph that the network, the
pages and the heatmap start from. `child`: the same in the confined child, as workers do it. `network`: from
the file to the network's input. The target is 1.3 for the film. Uncompressed, pydicom only copies bytes: the
last lines say what reading the file and one pass through a table over all pixels cost alone.
"""

import argparse
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np
import pydicom

from diagnosis.cnn.preprocessing import PreprocessingParameters, to_network_input
from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.sandbox import ConfinedDecoder, Limits
from tests.dicom_films import chest, make_film

WANTED = 1.3
# nothing here writes the first kinds, pydicom reads no 12 bits of the others without a decoder under the GPL
LEFT_OUT = frozenset({syntaxes.BASELINE, syntaxes.EXTENDED}) | {
    syntax for syntax in syntaxes.NAMES if syntax.endswith((".201", ".202", ".203"))
}
Work = Callable[[], object]
clock = time.perf_counter


def taken(work: Work) -> float:
    """Milliseconds of one call, by `clock`."""
    began = clock()
    work()
    return 1e3 * (clock() - began)


def compared(bare: Work, ours: list[Work], rounds: int) -> tuple[float, list[float], list[float]]:
    """Median milliseconds of the one and of each of ours, and median ratios: one of each round."""
    found: list[list[float]] = []
    for work in (bare, *ours):
        work()
    for number in range(rounds):
        works = [bare, *ours]
        order = range(len(works)) if number % 2 else reversed(range(len(works)))
        times = {place: taken(works[place]) for place in order}
        found.append([times[place] for place in range(len(works))])
    table = np.array(found)
    ratios = np.median(table[:, 1:] / table[:, :1], axis=0)
    return float(np.median(table[:, 0])), np.median(table[:, 1:], axis=0).tolist(), ratios.tolist()


def bare_pixels(path: Path) -> object:
    """What pydicom alone makes of a file."""
    return pydicom.dcmread(path).pixel_array


def network_input(path: Path, parameters: PreprocessingParameters) -> object:
    """The network's input, of the whole film."""
    return to_network_input(read_raster(path).pixels, parameters)


def floor(path: Path, rounds: int) -> None:
    """What no way of reading an uncompressed film can do without."""
    pixels, levels = pydicom.dcmread(path).pixel_array, np.arange(1 << 16).astype(np.uint8)
    copied = median(taken(path.read_bytes) for _ in range(rounds))
    passed = median(taken(lambda: levels.take(pixels)) for _ in range(rounds))
    print(f"\n  reading the uncompressed file alone {copied:.1f} ms")
    print(f"  one table pass over all its pixels alone {passed:.1f} ms")


def films(folder: Path, side: int, depths: list[int], kinds: str) -> Iterator[tuple[str, int, Path]]:
    """Name of the syntax, bits and file of each film that is measured."""
    for syntax, name in syntaxes.NAMES.items():
        for bits in depths:
            if syntax in LEFT_OUT or kinds not in name:
                continue
            path, window = folder / "film.dcm", {"WindowCenter": 1 << bits - 1, "WindowWidth": 1 << bits}
            pixels = chest(side=side, bits=bits)
            path.write_bytes(make_film(pixels, bits=bits, transfer_syntax=syntax, **window))
            yield name, bits, path


def main() -> int:
    global clock
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--side", type=int, default=3000)
    parser.add_argument("--bits", default="12,16", help="bits stored, of 16 (default: 12,16)")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--kinds", default="", help="only syntaxes with this in their name")
    parser.add_argument("--cpu", action="store_true", help="this process's CPU time: for a busy machine")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    clock = time.process_time if options.cpu else time.perf_counter
    decoder, parameters, missed = ConfinedDecoder(Limits(seconds=60)), PreprocessingParameters(), 0
    print(f"{options.side} x {options.side} pixels, {options.rounds} rounds; ratios to pydicom's pixel_array")
    print(f"  {'':38} bits    pydicom       film   film  child  network")
    depths = [int(bits) for bits in options.bits.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        for name, bits, path in films(Path(folder), options.side, depths, options.kinds):
            works: list[Work] = [
                partial(read_raster, path),
                partial(decoder.read, path),
                partial(network_input, path, parameters),
            ]
            bare, ours, ratios = compared(partial(bare_pixels, path), works, options.rounds)
            missed += ratios[0] > WANTED
            shown = [f"{ratio:4.2f}" for ratio in ratios]
            if options.cpu:
                shown[1] = "   -"  # another process's time
            print(f"  {name:38} {bits:4} {bare:7.1f} ms {ours[0]:7.1f} ms   {'   '.join(shown)}", flush=True)
        for _, _, path in films(Path(folder), options.side, depths[:1], "Explicit VR Little"):
            floor(path, options.rounds)
    decoder.close()
    print(f"  at most {WANTED} for the film: {f'MISSED by {missed}' if missed else 'held by all'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
