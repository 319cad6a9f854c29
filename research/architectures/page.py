"""What the measured bundles look like side by side, in Markdown tables."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType
from typing import Any, Final

from diagnosis.cnn.bundle import Bundle
from diagnosis.cnn.findings import NAMES
from diagnosis.cnn.training import cli
from diagnosis.cnn.training.data.augmentation import AugmentationOptions
from diagnosis.cnn.training.flags import flag_names
from diagnosis.cnn.training.options import TrainingOptions
from research.markdown import NOTHING, table

ABOUT = """\
Research use only. Not a medical device.

All on {films} of the split `{split}`, with the graphs that serve. *ms/film* is the network alone: its
exported graph in LiteRT, one thread, one film at a time, the median of {times} films, each timed {rounds}
times; it compares the networks with each other, on one machine. *MB* is the graph. AUROC inside a
source is abnormal against normal, where the source has both; intervals are of 95 %, whole patients resampled.

Class and source are entangled in public films, and all of these networks have seen every source: what they
would do in another hospital is for `python -m research.leave_one_source_out` to say, not for this page.
"""
TRAINED = """\
As each bundle's card has it, and by the command below. A run by `--epochs` repeats to the digit on one
machine; one by `--minutes` follows the clock and comes out a little different each time. *Films seen* counts
a film as often as it was shown. Weights, time and sizes differ between the networks, and so do the figures
above for that reason as well: they compare these bundles, not what the architectures could do. One that saw
each film less than once or twice has hardly begun.
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
        options, seen = training["options"], training["films_seen"]
        trained_on = sum(
            number for cell, number in each.bundle.card["data"]["films"].items() if cell.startswith("train/")
        )
        rows.append(
            [
                f"{name}, {each.bundle.name} {each.bundle.version}",
                "ImageNet" if each.bundle.card["weights_started_from"] else "from scratch",
                " → ".join(str(side) for _, side in options["sizes"]),
                str(trained_on),
                str(seen),
                f"{seen / trained_on:.1f}",
                f"{training['minutes']:.0f}",
                f"{options['learning_rate']:g}",
                str(training["seed"]),
            ]
        )
    return table(
        ["", "start", "side in px", "train films", "films seen", "epochs", "minutes", "rate", "seed"], rows
    )


# What a run did before there were these options, whose cards do not have them.
BEFORE: Final[Mapping[str, Any]] = MappingProxyType({"consistency": 0.0, "levels": "early"})


def command_of(bundle: Bundle) -> str:
    """The command that trains such a bundle: every option that differs from the architecture's own.

    A card may name options that training has given up since: they were off and are passed over.
    """
    options, seen = bundle.card["training"]["options"], bundle.card["preprocessing"]
    augmentation = options["augmentation"]
    words = ["--architecture", bundle.architecture, "--input-size", str(bundle.card["input_size"][0])]
    # What no option names one by one is on unless all of it is off.
    if not any(augmentation[name] for name in ("crop", "rotate", "flip")):
        words.append("--no-augmentation")
    if bundle.architecture == TrainingOptions.architecture and not options["imagenet"]:
        words.append("--no-imagenet")
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    arguments = parser.parse_args(["--manifest", "M", *words])
    usual = cli.options_from(arguments).to_json()
    own = [name for name in flag_names(TrainingOptions) if name != "imagenet"]
    side = bundle.card["input_size"][0]
    pairs = [(name, seen[name], getattr(arguments, name)) for name in ("crop", "border")]
    pairs.append(("resolution", seen.get("resolution", 0), min(arguments.resolution, side)))
    pairs += [(name, options.get(name, BEFORE.get(name, usual[name])), usual[name]) for name in own]
    pairs += [
        (name, augmentation[name], usual["augmentation"][name]) for name in flag_names(AugmentationOptions)
    ]
    for name, value, standard in pairs:
        if value != standard and not (name == "epochs" and options["minutes"]):
            words += ["--" + name.replace("_", "-"), _word(value)]
    return " ".join(["manage.py train_model --manifest M", *words])


def _word(value: Any) -> str:
    return f"{value or 0:g}" if value is None or isinstance(value, float) else str(value)


def page(measured: Sequence[Measured], arguments: argparse.Namespace) -> str:
    """The whole page, in Markdown."""
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
        "Made by `python -m research.architectures BUNDLE … --manifest M`.",
    ]
    return "\n".join(lines) + "\n"
