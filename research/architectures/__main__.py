"""Bundles side by side: quality on the same films, time of the network, training.

    python -m research.architectures BUNDLE … --manifest M [--split test] [--rounds 5] [--count 40]

Writes README.md and architectures.png (quality against time) beside this file. Time is the exported
graph alone in LiteRT, one thread, one film at a time, each bundle in a fresh process in turn, several rounds:
a machine whose speed drifts favours none of them. Run it on a machine that does nothing else.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.inference import answer_of, median, seconds_each
from diagnosis.cnn.bundle import Bundle, BundleError, find_bundle, load_bundle
from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.evaluation.manifest import Manifest, ManifestError
from diagnosis.cnn.evaluation.report import evaluate, films_of_task
from diagnosis.cnn.training import plots
from research.architectures.page import Measured, how_trained, names_of, page, side_by_side


def time_graph(bundle: Bundle, paths: Sequence[Path]) -> list[float]:
    """Seconds of the graph alone for each film, after a few that do not count."""
    from diagnosis.cnn.lungs import FilmPreparation
    from diagnosis.cnn.network import Network
    from diagnosis.cnn.preprocessing import PreprocessingParameters
    from diagnosis.imaging.raster import read_raster

    parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])
    preparation, network = FilmPreparation(parameters, bundle.lungs), Network(bundle.graph)
    inputs = [preparation.prepare(read_raster(path).pixels)[0].pixels for path in paths]
    for pixels in inputs[:3]:
        network.run(pixels)
    return seconds_each(network.run, inputs)


def in_rounds(bundles: Sequence[Bundle], paths: Sequence[Path], rounds: int) -> list[float]:
    """Median milliseconds a film of each bundle's graph, every bundle in turn in a process of its own."""
    seconds = [list[float]() for _ in bundles]
    for _ in range(rounds):
        for bundle, taken in zip(bundles, seconds, strict=True):
            taken += answer_of(
                ["-m", "research.architectures", "--time", str(bundle.path)], paths, name=str(bundle.path)
            )
    return [1e3 * median(taken) for taken in seconds]


def paths_to_time(bundles: Sequence[Bundle], manifest: Manifest, split: str, count: int) -> list[Path]:
    """Evenly chosen films of the split."""
    films, _ = films_of_task(bundles[0], manifest, split)
    return [manifest.path(film) for film in films[:: max(1, len(films) // count)][:count]]


def measure(arguments: argparse.Namespace) -> list[Measured]:
    """Evaluate and time every bundle, the best on average inside the sources first."""
    manifest = read_data(arguments.manifest)
    bundles = [load_bundle(find_bundle(name)) for name in arguments.bundles]
    reports = []
    for bundle in bundles:
        print(f"{bundle.name} {bundle.version}, {bundle.architecture}", flush=True)
        evaluation = evaluate(
            bundle,
            manifest,
            split=arguments.split,
            processes=arguments.processes,
            resamples=arguments.resamples,
        )
        reports.append(evaluation.report)
    paths = paths_to_time(bundles, manifest, arguments.split, arguments.count)
    times = in_rounds(bundles, paths, arguments.rounds)
    measured = [Measured(*each) for each in zip(bundles, reports, times, strict=True)]
    return sorted(measured, key=lambda each: -(each.mean_within or 0.0))


def draw(measured: Sequence[Measured], path: Path) -> None:
    """Quality against time: macro AUROC with its interval, and the mean of AUROC inside the sources."""
    figure, axes = plots.panels(
        ["macro AUROC", "mean AUROC inside a source, abnormal against normal"], width=4.6, height=3.6
    )
    names = names_of(measured)
    for number, (name, each) in enumerate(zip(names, measured, strict=True)):
        colour, macro = plots.COLOURS[number % len(plots.COLOURS)], each.report["pooled"]["macro_auroc"]
        if macro["value"] is not None:
            spread = [[macro["value"] - macro["low"]], [macro["high"] - macro["value"]]]
            axes[0].errorbar(
                [each.milliseconds], [macro["value"]], yerr=spread, fmt="o", color=colour, label=name,
                capsize=2, linewidth=1,
            )  # fmt: skip
        if each.mean_within is not None:
            axes[1].plot([each.milliseconds], [each.mean_within], "o", color=colour, label=name)
    for panel in axes:
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.set_minor_formatter("{x:g}")
        panel.tick_params(which="minor", labelsize=6, colors=plots.INK)
        plots.label(panel, across="ms/film, the network alone on one thread", up="AUROC")
        plots.legend(panel)
    plots.save(figure, path)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundles", nargs="*", metavar="BUNDLE", help="folder, or name of one that ships")
    parser.add_argument("--manifest", type=Path, help="the films, as evaluate_model wants them")
    parser.add_argument("--split", default="test")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=40, help="films that are timed")
    parser.add_argument("--processes", type=int, help="of the evaluation; default: one a core")
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "README.md")
    parser.add_argument("--picture", type=Path, help="default: architectures.png beside the page")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument("--time", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.time and not (arguments.bundles and arguments.manifest):
        parser.error("name the bundles to compare, and the --manifest of the films to compare them on")
    arguments.picture = arguments.picture or arguments.out.parent / "architectures.png"
    return arguments


def main() -> None:
    """Measure, write the page, the picture and the figures."""
    arguments = parse()
    if arguments.time:
        paths = [Path(line) for line in sys.stdin.read().splitlines()]
        print(json.dumps(time_graph(load_bundle(arguments.time), paths)))
        return
    try:
        measured = measure(arguments)
        draw(measured, arguments.picture)
        arguments.out.write_text(page(measured, arguments))
        if arguments.json:
            figures = [
                {"ms": each.milliseconds, "megabytes": each.megabytes, "report": each.report}
                for each in measured
            ]
            arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
    except (BundleError, ManifestError, ModuleNotFoundError, OSError, ValueError) as error:
        sys.exit(str(error))
    print("\n".join(side_by_side(measured) + how_trained(measured)))
    print(f"{arguments.out} and {arguments.picture}")


if __name__ == "__main__":
    main()
