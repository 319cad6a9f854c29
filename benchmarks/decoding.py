"""Measures what decoding costs: memory and seconds of the largest films of every kind, and of the child.

    python benchmarks/decoding.py [--megapixels 64] [--kinds grey16,rgba16] [--films DIR] [--count 20]

First, for each kind of file, drawn here: the most memory that a worker with its network, and the child that
decodes for it, held while they took a film from its bytes to the heatmap, and the seconds of decoding. Then,
for usual films (drawn, or those of a folder): the time from bytes to heatmap when they are decoded in the
child, divided by the time when they are decoded in the worker itself.
"""

import argparse
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np
from PIL import Image

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
LIMIT_MEGABYTES = 300


def drawn(side: int) -> Any:
    """A film of 12 bits, uint16 (side, side): a phantom made large."""
    from diagnosis.imaging.phantom import draw_phantom

    picture = draw_phantom(seed=1).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(picture).astype(np.uint16) * np.uint16(16)


def write_png(
    path: Path, side: int, *, depth: int, colour: int, rows: Iterator[bytes], woven: bool = False
) -> None:
    """A PNG of filtered rows."""
    packer = zlib.compressobj(1)
    pixels = b"".join([packer.compress(row) for row in rows]) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, woven)
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")):
        parts.append(struct.pack(">I", len(data)) + kind + data + zlib.crc32(kind + data).to_bytes(4, "big"))
    path.write_bytes(b"".join(parts))


def rows_of(film: Any, channels: int, *, opaque: bool) -> Iterator[bytes]:
    """Rows of 16 bits, the film in every channel, the last one opaque if it is to be."""
    for row in film:
        samples = np.repeat(row[:, np.newaxis], channels, axis=1)
        if opaque:
            samples[:, -1] = 65535
        yield b"\0" + samples.astype(">u2").tobytes()


def woven_rows(film: Any) -> Iterator[bytes]:
    for left, top, across, down in ADAM7:
        for row in film[top::down, left::across]:
            yield b"\0" + row.astype(">u2").tobytes()


def writers() -> dict[str, Callable[[Path, Any], None]]:
    """How a film of each kind is written, by the kind's name."""

    def eight(mode: str, ending: str, **options: Any) -> Callable[[Path, Any], None]:
        def write(path: Path, film: Any) -> None:
            Image.fromarray((film >> 4).astype(np.uint8)).convert(mode).save(path, ending, **options)

        return write

    def deep(colour: int, channels: int) -> Callable[[Path, Any], None]:
        def write(path: Path, film: Any) -> None:
            rows = rows_of(film, channels, opaque=colour in (4, 6))
            write_png(path, len(film), depth=16, colour=colour, rows=rows)

        return write

    def woven(path: Path, film: Any) -> None:
        write_png(path, len(film), depth=16, colour=0, rows=woven_rows(film), woven=True)

    return {
        "grey8": eight("L", "PNG", compress_level=1),
        "rgb8": eight("RGB", "PNG", compress_level=1),
        "rgba8": eight("RGBA", "PNG", compress_level=1),
        "palette": eight("P", "PNG", compress_level=1, transparency=0),
        "grey16": deep(0, 1),
        "interlaced16": woven,
        "greyalpha16": deep(4, 2),
        "rgb16": deep(2, 3),
        "rgba16": deep(6, 4),
        "jpeg": eight("L", "JPEG"),
        "jpegcolour": eight("RGB", "JPEG"),
        "progressive": eight("L", "JPEG", progressive=True),
        "progressivecolour": eight("RGB", "JPEG", progressive=True),
    }


def measure(path: Path, *, rounds: int) -> None:
    """Print, as JSON, what one film costs a worker; run in a process of its own."""
    from diagnosis.cnn.bundle import DEFAULT, find_bundle, load_bundle
    from diagnosis.cnn.classifier import Classifier
    from diagnosis.cnn.heatmap import overlay
    from diagnosis.imaging import display
    from diagnosis.imaging.raster import read_raster
    from diagnosis.imaging.refusal import FilmRefused
    from diagnosis.imaging.sandbox import ConfinedDecoder, Limits

    decoder = ConfinedDecoder(Limits(seconds=60))
    classifier = Classifier(load_bundle(find_bundle(DEFAULT)))
    seconds: dict[str, list[float]] = {"child": [], "worker": [], "decode": []}

    def whole(way: str) -> None:
        began = time.perf_counter()
        film = decoder.read(path) if way == "child" else read_raster(path)
        if way == "child":
            seconds["decode"].append(time.perf_counter() - began)
        display.both(film)
        found = classifier.classify(film, gate=False)
        size = {"width": film.width, "height": film.height, "longest_side": 256}
        overlay(found.activation_map, box=found.activation_box, **size)
        seconds[way].append(time.perf_counter() - began)

    try:
        for _ in range(rounds):
            whole("child")
            if rounds > 1:
                whole("worker")
    except FilmRefused as refusal:
        print(json.dumps({"refused": refusal.message}))
        return
    worker, child = peak_megabytes("self"), peak_megabytes(decoder.child) if decoder.child else 0
    child = max(child, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    print(json.dumps({"seconds": {k: median(v[1:] or v) for k, v in seconds.items() if v}, "worker": worker,
                      "child": child}))  # fmt: skip


def peak_megabytes(process: object) -> float:
    """The most memory that a process has held."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measured(path: Path, rounds: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", str(path), "--count", str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def largest(folder: Path, side: int, kinds: list[str]) -> bool:
    """Print a line for each kind of file; whether all stayed below the limit."""
    film, below = drawn(side), True
    print(f"{side} × {side} pixels         file    worker     child   decoding")
    for kind in kinds:
        path = folder / kind
        writers()[kind](path, film)
        size, found = path.stat().st_size / 1e6, measured(path, 1)
        path.unlink()
        if "refused" in found:
            print(f"{kind:18} {size:7.1f} MB   refused: {found['refused']}")
            continue
        below &= max(found["worker"], found["child"]) <= LIMIT_MEGABYTES
        print(
            f"{kind:18} {size:7.1f} MB {found['worker']:6.0f} MB {found['child']:6.0f} MB "
            f"{found['seconds']['decode']:8.2f} s"
        )
    return below


def usual(paths: list[Path], rounds: int) -> None:
    """Print the ratio of the child's way to the worker's own, for each film."""
    print("\nfrom bytes to heatmap     in the child   in the worker   ratio")
    for path in paths:
        seconds = measured(path, rounds)["seconds"]
        child, worker = (1e3 * seconds[way] for way in ("child", "worker"))
        print(f"{path.name:24} {child:10.0f} ms {worker:13.0f} ms {child / worker:8.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megapixels", type=int, default=64)
    parser.add_argument("--kinds", help="some of " + ",".join(writers()))
    parser.add_argument("--films", type=Path, help="a folder of usual films instead of drawn ones")
    parser.add_argument("--count", type=int, default=20, help="rounds for each usual film")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, rounds=options.count)
        return 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        kinds = options.kinds.split(",") if options.kinds else list(writers())
        below = largest(folder, int((options.megapixels * 1e6) ** 0.5), kinds)
        paths = sorted(path for path in options.films.iterdir())[:5] if options.films else []
        if not paths:
            for side, ending in ((512, "jpg"), (2048, "png"), (3000, "jpg")):
                paths.append(folder / f"drawn-{side}.{ending}")
                Image.fromarray((drawn(side) >> 4).astype(np.uint8)).save(paths[-1])
        usual(paths, options.count)
    print("" if below else f"\nOVER: a process held more than {LIMIT_MEGABYTES} MB")
    return 0 if below else 1


if __name__ == "__main__":
    sys.exit(main())
