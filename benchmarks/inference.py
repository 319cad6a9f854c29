"""Compares four ways to run the network, on one thread, one film at a time, on the same films.

    python benchmarks/inference.py [--films DIR] [--count 60] [--rounds 4] [--bundle B] [--json FILE]
                                   [--up X --down Y]

(a) naive: load_model once, model.predict per request, as demos call it, with its progress line;
    and again without that line (verbose=0), to show that the line makes no difference
(b) load_model and predict, for each request
(c) a compiled tf.function                               (d) ours: the exported graph in LiteRT

Each way runs in its own process, on one thread: "network" on prepared inputs, "film" from the file's bytes
to probabilities (ours includes lungs and quality gate and, where they could change what is told, two more
looks at the film). --up, --down: as if the bundle's card named this reach of looks (`cnn/uncertainty.py`),
which bundles made before it was measured do not. The machine's
peak is a float32 matrix product on one thread. Run it on an otherwise idle machine.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
WAYS = {
    "predict": "(a) load once, predict a request",
    "silent": "(a) the same with verbose=0",
    "reload": "(b) load the model each request",
    "function": "(c) compiled tf.function",
    "ours": "(d) ours: LiteRT",
}
TARGETS = (("predict", 8.0), ("silent", 8.0), ("reload", 100.0), ("function", 1.5))
PEAK_TARGET = 0.6
FILM_TARGET = 1.6


def seconds_each(work: Callable[[Any], object], items: Sequence[Any]) -> list[float]:
    """The seconds that each item takes."""
    taken = []
    for item in items:
        began = time.perf_counter()
        work(item)
        taken.append(time.perf_counter() - began)
    return taken


def measure_peak(_: argparse.Namespace) -> dict[str, Any]:
    """The best float32 FLOP/s of a numpy matrix product on one thread."""
    import numpy as np

    side = 1536
    left, right = (np.random.default_rng(k).random((side, side), dtype=np.float32) for k in range(2))
    best = min(seconds_each(lambda _: left @ right, range(20)))
    return {"flops": 2 * side**3 / best}


def network_flop(model: Any) -> int:
    """The multiplications and additions of all convolution and dense layers for one film."""
    total = 0
    for layer in model.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is None:
            continue
        shape = tuple(layer.output.shape)
        places = shape[1] * shape[2] if len(shape) == 4 else 1
        total += 2 * places * int(kernel.shape.num_elements())
    return total


def measure_way(arguments: argparse.Namespace) -> dict[str, Any]:
    """The seconds for the network alone and from film to probabilities."""
    from diagnosis.cnn.bundle import find_bundle, load_bundle
    from diagnosis.cnn.preprocessing import PreprocessingParameters, to_network_input
    from diagnosis.imaging.raster import read_raster

    bundle = load_bundle(find_bundle(arguments.bundle))
    parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])

    def prepare(path: Path) -> Any:
        return to_network_input(read_raster(path).pixels, parameters).pixels

    paths = arguments.paths[:6] if arguments.way == "reload" else arguments.paths
    inputs = [prepare(path) for path in paths]
    if arguments.way == "ours":
        from diagnosis.cnn.classifier import Classifier
        from diagnosis.cnn.network import Network

        if arguments.up is not None:
            reach = {"looks": {"up": arguments.up, "down": arguments.down}}
            bundle = replace(bundle, card=bundle.card | reach)
        network, classifier = Network(bundle.graph), Classifier(bundle)
        ask: Callable[[Any], Any] = network.run

        def whole(path: Path) -> object:
            return classifier.classify(read_raster(path), gate=not arguments.phantoms)

        flop = None
    else:
        ask, flop = keras_way(arguments.way, bundle.keras_model)

        def whole(path: Path) -> object:
            return ask(prepare(path))

    for pixels in inputs[:3]:
        ask(pixels)
    return {"network": seconds_each(ask, inputs), "film": seconds_each(whole, paths), "flop": flop}


def keras_way(way: str, path: Path) -> tuple[Callable[[Any], Any], int]:
    """A function that answers one film, in one of the three ways of web demos, and its FLOP."""
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = keras.models.load_model(path)
    flop = network_flop(model)
    if way == "predict":
        return lambda pixels: model.predict(pixels[None])["probabilities"], flop
    if way == "silent":
        return lambda pixels: model.predict(pixels[None], verbose=0)["probabilities"], flop
    if way == "reload":
        return lambda pixels: keras.models.load_model(path).predict(pixels[None]), flop
    compiled = tf.function(lambda x: model(x, training=False))
    return lambda pixels: compiled(tf.constant(pixels[None]))["probabilities"].numpy(), flop


def films(arguments: argparse.Namespace, folder: Path) -> tuple[list[Path], bool]:
    """Evenly chosen films of a folder, or phantoms drawn into `folder` if there are none."""
    found = sorted(path for path in arguments.films.rglob("*") if path.suffix in {".jpg", ".jpeg", ".png"})
    if found:
        return found[:: max(1, len(found) // arguments.count)][: arguments.count], False
    from diagnosis.imaging.phantom import draw_phantom

    for seed in range(arguments.count):
        draw_phantom(seed=seed).save(folder / f"{seed}.png")
    return sorted(folder.glob("*.png")), True


def in_own_process(way: str, arguments: argparse.Namespace, paths: list[Path], phantoms: bool) -> Any:
    """Run one way (or "peak") in a fresh process with one thread; returns what it measured."""
    command = [__file__, "--way", way, "--bundle", str(arguments.bundle)]
    if arguments.up is not None:
        command += ["--up", str(arguments.up), "--down", str(arguments.down)]
    return answer_of([*command, *["--phantoms"] * phantoms], paths, name=WAYS.get(way, way))


def answer_of(command: Sequence[str], paths: Sequence[Path], *, name: str) -> Any:
    """The JSON on the last line of a fresh Python process with one thread, given paths, a line each."""
    done = subprocess.run(
        [sys.executable, *command],
        input="\n".join(map(str, paths)),
        env=os.environ | ONE_THREAD,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def in_rounds(
    arguments: argparse.Namespace, paths: list[Path], phantoms: bool
) -> tuple[float, dict[str, Any]]:
    """Measure every way in turn, several times, so that a drifting machine favours none of them."""
    peaks: list[float] = []
    measured: dict[str, Any] = {way: {"network": [], "film": [], "flop": None} for way in WAYS}
    for _ in range(arguments.rounds):
        peaks.append(in_own_process("peak", arguments, paths, phantoms)["flops"])
        for way, total in measured.items():
            found = in_own_process(way, arguments, paths, phantoms)
            total["network"] += found["network"]
            total["film"] += found["film"]
            total["flop"] = found["flop"]
    return median(peaks), measured


def median(values: Sequence[float]) -> float:
    """The median of the values."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def report(measured: dict[str, Any], peak: float) -> dict[str, Any]:
    """Print the table and the ratios, and return them."""
    flop = measured["function"]["flop"]
    print(f"peak of one thread {peak / 1e9:.1f} GFLOP/s; one film {flop / 1e9:.3f} GFLOP\n")
    print(f"{'':36}{'network alone':>28}{'file to probabilities':>32}")
    print(f"{'':36}{'ms/film':>10}{'films/s':>9}{'of peak':>9}{'ms/film':>16}{'films/s':>9}")
    for way, title in WAYS.items():
        network, film = (median(measured[way][part]) for part in ("network", "film"))
        print(
            f"{title:36}{1e3 * network:10.2f}{1 / network:9.1f}{flop / network / peak:9.1%}"
            f"{1e3 * film:16.2f}{1 / film:9.1f}"
        )
    ours = {part: median(measured["ours"][part]) for part in ("network", "film")}
    print()
    ratios: dict[str, Any] = {}
    for way, target in TARGETS:
        network = median(measured[way]["network"]) / ours["network"]
        film = median(measured[way]["film"]) / ours["film"]
        ratios[way] = {"network": network, "film": film}
        print(
            f"ours against {WAYS[way]:34} network alone {network:7.1f} ×  (target {target:g}: "
            f"{'met' if network >= target else 'missed'})   file to probabilities {film:7.1f} ×"
        )
    film, mean = ours["film"] / ours["network"], sum(measured["ours"]["film"]) / len(measured["ours"]["film"])
    mean /= sum(measured["ours"]["network"]) / len(measured["ours"]["network"])
    met = "met" if mean <= FILM_TARGET else "missed"
    print(
        f"ours from file to probabilities: {film:.2f} × the network alone by the median, {mean:.2f} × by the "
        f"mean (target {FILM_TARGET:g}: {met})"
    )
    share = flop / ours["network"] / peak
    met = "met" if share >= PEAK_TARGET else "missed"
    print(f"ours reaches {share:.1%} of the peak (target {PEAK_TARGET:.0%}: {met})")
    return {
        "peak_flops": peak,
        "flop_a_film": flop,
        "ratios": ratios,
        "share_of_peak": share,
        "film_to_network": film,
    }


def main() -> None:
    """Measure every way and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--films", type=Path, default=ROOT.parent / "shared/data/cxr/images")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--bundle", default="carina-cxr-3")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--up", type=float)
    parser.add_argument("--down", type=float)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--phantoms", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        arguments.paths = [Path(line) for line in sys.stdin.read().splitlines()]
        measure = measure_peak if arguments.way == "peak" else measure_way
        print(json.dumps(measure(arguments)))
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        paths, phantoms = films(arguments, Path(folder))
        print(f"{len(paths)} {'phantoms' if phantoms else 'films'}, one thread, one film at a time")
        peak, measured = in_rounds(arguments, paths, phantoms)
    figures = report(measured, peak)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures | {"seconds": measured}, indent=1) + "\n")


if __name__ == "__main__":
    main()
