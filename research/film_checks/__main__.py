"""Measure what a bundle refuses, corrects and tells of films that are wrong, and of films that are right.

python -m research.film_checks --bundle B --manifest M --more M --others CSV [--each N] [--markdown OUT]
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from diagnosis.cnn.bundle import find_bundle, load_bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.evaluation import command_line
from diagnosis.cnn.evaluation.manifest import read_manifest
from research.film_checks import study, tables


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m research.film_checks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bundle", required=True, help="a bundle with film checks")
    parser.add_argument("--manifest", type=Path, required=True, help="its test split is judged")
    parser.add_argument("--more", type=Path, help="a manifest of films from elsewhere, all of them judged")
    parser.add_argument("--others", type=Path, help="CSV file,kind of pictures that are no frontal film")
    parser.add_argument(
        "--each", type=command_line.one_or_more, default=36, help="pictures of each made kind"
    )
    parser.add_argument("--films", type=int, default=0, help="test films as they came, at most; 0: all")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, and write the figures where asked to."""
    arguments = parse(argv)
    with command_line.problems_in_words():
        command_line.check_folder(arguments.markdown)
        command_line.check_folder(arguments.json)
        classifier = Classifier(load_bundle(find_bundle(arguments.bundle)))
        manifest = read_manifest(arguments.manifest)
        test = manifest.of_split("test")
        test = tuple(test[k] for k in np.random.default_rng(3).permutation(len(test)))
        parts = {"made pictures": study.of_made(classifier, manifest, test, each=arguments.each)}
        if arguments.others:
            parts["pictures that are no frontal film"] = study.of_others(classifier, arguments.others)
        came = study.of_films(classifier, manifest, test[: arguments.films or None])
        if arguments.more:
            more = read_manifest(arguments.more)
            came += study.of_films(classifier, more, more.films)
        parts["films as they came"] = came
    _tell(parts, arguments)


def _tell(parts: dict[str, list[study.Outcome]], arguments: argparse.Namespace) -> None:
    lines: list[str] = []
    for title, outcomes in parts.items():
        came = title == "films as they came"
        names = ("source",) if came else ("kind",) if title == "made pictures" else ("kind", "source")
        lines += tables.as_markdown(title, tables.by(outcomes, *names), "refused" if came else "handled")
    text = "\n".join(lines)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    if arguments.json:
        arguments.json.write_text(
            json.dumps({title: [asdict(one) for one in part] for title, part in parts.items()}, indent=1)
        )


if __name__ == "__main__":
    main()
