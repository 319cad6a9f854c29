"""Bundles side by side: what each answers on the same films, how long its network takes, how it was trained.

    python benchmarks/architectures.py BUNDLE … --manifest M [--split test] [--rounds 5] [--count 40]

Writes docs/architectures.md and docs/pictures/architectures.png (quality against time). Time is the exported
graph alone in LiteRT, one thread, one film at a time, each bundle in a fresh process in turn, several rounds:
a machine whose speed drifts favours none of them. Run it on a machine that does nothing else.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from benchmarks.inference import answer_of, median, seconds_each
from diagnosis.cnn.bundle import Bundle, BundleError, find_bundle, load_bundle
from diagnosis.cnn.findings import NAMES
from diagnosis.cnn.training import canvas, cli
from diagnosis.cnn.training.dataset import Manifest, ManifestError
from diagnosis.cnn.training.evaluation import evaluate, films_of_task
from diagnosis.cnn.training.folder import read_data
from diagnosis.cnn.training.model_card.markdown import NOTHING, table

ABOUT = """\
Research use only. Not a medical device.

All on {films} of the split `{split}`, with the graphs that serve. *ms/film* is the network alone: its
exported graph in LiteRT, one thread, one film at a time, the median of {times} films, each timed {rounds}
times; it compares the networks with each other, on one machine. *MB* is the graph. AUROC inside a
source is abnormal against normal, where the source has both; intervals are of 95 %, whole patients resampled.

Class and source are entangled in public films, and all of these networks have seen every source: what they
would do in another hospital is for `manage.py leave_one_source_out` to say, not for this page.
"""
UNSAID = ("augmentation", "sizes", "imagenet")  # follow from the rest, or are taken one by one
TRAINED = """\
As each bundle's card has it, and by the command below. A run by `--epochs` repeats to the digit; one by
`--minutes` follows the clock and comes out a little different each time. *Films seen* counts a film as
often as it was shown. Weights, time and sizes differ between the networks, and so do the figures above for
that reason as well: they compare these bundles, not what the architectures could do. One that saw each film
less than once or twice has hardly begun.
"""


@dataclass(frozen=True)
class Measured:
    """A bundle, the figures of its evaluation, and the median time of its graph, milliseconds a film."""

    bundle: Bundle
    report: dict[str, Any]
    milliseconds: float

    @property
    def megabytes(self) -> float:
        """Size of the graph, 10^6 bytes."""
        return self.bundle.graph.stat().st_size / 1e6

    @property
    def within(self) -> dict[str, dict[str, float]]:
        """AUROC of abnormal against normal by source, of those that have both."""
        figures = {name: part["auroc_abnormal"] for name, part in self.report["sources"].items()}
        return {name: figure for name, figure in figures.items() if figure["value"] is not None}

    @property
    def mean_within(self) -> float | None:
        """The mean of the same over the sources."""
        values = [figure["value"] for figure in self.within.values()]
        return fmean(values) if values else None


def time_graph(bundle: Bundle, paths: Sequence[Path]) -> list[float]:
    """Seconds of the graph alone for each film, after a few that do not count."""
    from diagnosis.cnn.classifier import Network
    from diagnosis.cnn.lungs import FilmPreparation
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
            taken += answer_of([__file__, "--time", str(bundle.path)], paths, name=str(bundle.path))
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


def interval(figure: dict[str, float] | None) -> str:
    """A figure with its interval, or a dash."""
    if figure is None or figure["value"] is None:
        return NOTHING
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def names_of(measured: Sequence[Measured]) -> list[str]:
    """What each is called: its architecture, and the bundle as well where two are of one architecture."""
    architectures = [each.bundle.architecture for each in measured]
    return [
        name if architectures.count(name) == 1 else f"{name} ({each.bundle.name} {each.bundle.version})"
        for name, each in zip(architectures, measured, strict=True)
    ]


def side_by_side(measured: Sequence[Measured]) -> list[str]:
    """The figures, a row a bundle."""
    sources = sorted({source for each in measured for source in each.within})
    header = ["", "classes", "px", "macro AUROC", *(f"inside {source}" for source in sources)]
    rows = [
        [
            name,
            ", ".join(NAMES[finding] for finding in each.bundle.findings),
            str(each.bundle.card["input_size"][0]),
            interval(each.report["pooled"]["macro_auroc"]),
            *(interval(each.within.get(source)) for source in sources),
            f"{each.mean_within:.3f}" if each.mean_within is not None else NOTHING,
            f"{each.milliseconds:.1f}",
            f"{each.megabytes:.1f}",
        ]
        for name, each in zip(names_of(measured), measured, strict=True)
    ]
    return table([*header, "mean inside", "ms/film", "MB"], rows)


def how_trained(measured: Sequence[Measured]) -> list[str]:
    """What the cards say of the training, a row a bundle."""
    rows = []
    for name, each in zip(names_of(measured), measured, strict=True):
        training = each.bundle.card["training"]
        options = training.get("options", {})
        seen, sizes = training.get("films_seen"), options.get("sizes", [])
        trained_on = sum(
            number for cell, number in each.bundle.card["data"]["films"].items() if cell.startswith("train/")
        )
        started = each.bundle.card.get("weights_started_from")
        rows.append(
            [
                f"{name}, {each.bundle.name} {each.bundle.version}",
                "ImageNet" if started else "from scratch",
                " → ".join(str(side) for _, side in sizes) or NOTHING,
                str(trained_on),
                str(seen) if seen is not None else NOTHING,
                f"{seen / trained_on:.1f}" if seen is not None and trained_on else NOTHING,
                f"{training['minutes']:.0f}" if "minutes" in training else NOTHING,
                f"{options['learning_rate']:g}" if "learning_rate" in options else NOTHING,
                str(training.get("seed", NOTHING)),
            ]
        )
    return table(
        ["", "start", "side in px", "train films", "films seen", "epochs", "minutes", "rate", "seed"], rows
    )


def command_of(bundle: Bundle) -> str:
    """The command that trains such a bundle: every option that differs from the architecture's own."""
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    words = ["--architecture", bundle.architecture, "--input-size", str(bundle.card["input_size"][0])]
    standard = cli.options_from(parser.parse_args(["--manifest", "M", *words])).to_json()
    options = standard | bundle.card["training"].get("options", {})
    pairs = [
        *((name, value, standard.get(name)) for name, value in options.items() if name not in UNSAID),
        *(
            (name, value, standard["augmentation"].get(name))
            for name, value in options["augmentation"].items()
            if name in cli.SHARES
        ),
    ]
    if options["minutes"] is not None:
        pairs = [pair for pair in pairs if pair[0] != "epochs"]
    for name, value, usual in pairs:
        if value != usual:
            words += ["--" + name.replace("_", "-"), f"{value:g}" if isinstance(value, float) else str(value)]
    return " ".join(["manage.py train_model --manifest M", *words])


def page(measured: Sequence[Measured], arguments: argparse.Namespace) -> str:
    """docs/architectures.md."""
    picture = os.path.relpath(arguments.picture, arguments.out.parent)
    films = measured[0].report["data"]["films"]
    same = len({each.report["data"]["films"] for each in measured}) == 1
    about = ABOUT.format(
        films=f"the same {films} films" if same else "the films of its classes",
        split=arguments.split,
        times=min(arguments.count, films),
        rounds=arguments.rounds,
    )
    lines = ["# Architectures side by side", "", about, *side_by_side(measured)]
    lines += [f"![AUROC against milliseconds a film, a point a network]({picture})", ""]
    lines += ["## How each was trained", "", TRAINED, *how_trained(measured)]
    lines += [*(f"    {command_of(each.bundle)}" for each in measured), ""]
    prints = {each.report["data"]["fingerprint"] for each in measured}
    lines += [
        f"Data: fingerprint `{', '.join(sorted(prints))}`. Bundles, by their checksums: "
        + ", ".join(
            f"{each.bundle.name} {each.bundle.version} `{each.bundle.checksum[:12]}`" for each in measured
        )
        + ".",
        "",
        "Made by `python benchmarks/architectures.py BUNDLE … --manifest M`.",
    ]
    return "\n".join(lines) + "\n"


def draw(measured: Sequence[Measured], path: Path) -> None:
    """Quality against time: macro AUROC with its interval, and the mean of AUROC inside the sources."""
    figure, axes = canvas.panels(
        ["macro AUROC", "mean AUROC inside a source, abnormal against normal"], width=4.6, height=3.6
    )
    names = names_of(measured)
    for number, (name, each) in enumerate(zip(names, measured, strict=True)):
        colour, macro = canvas.COLOURS[number % len(canvas.COLOURS)], each.report["pooled"]["macro_auroc"]
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
        panel.tick_params(which="minor", labelsize=6, colors=canvas.INK)
        canvas.label(panel, across="ms/film, the network alone on one thread", up="AUROC")
        canvas.legend(panel)
    canvas.save(figure, path)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundles", nargs="*", metavar="BUNDLE", help="folder, or name of one that ships")
    parser.add_argument("--manifest", type=Path, default=ROOT.parent / "shared/data/cxr/manifest.csv")
    parser.add_argument("--split", default="test")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=40, help="films that are timed")
    parser.add_argument("--processes", type=int, help="of the evaluation; default: one a core")
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/architectures.md")
    parser.add_argument("--picture", type=Path, help="default: pictures/architectures.png beside the page")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument("--time", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.bundles and not arguments.time:
        parser.error("name the bundles to compare")
    arguments.picture = arguments.picture or arguments.out.parent / "pictures/architectures.png"
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
