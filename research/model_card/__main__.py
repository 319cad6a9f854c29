"""Write the model card of a bundle, one page with four pictures, from a fresh evaluation.

python -m research.model_card --bundle B --manifest M [--split test] [--out docs/model-card.md]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from diagnosis.cnn.bundle import find_bundle, load_bundle
from diagnosis.cnn.evaluation import command_line
from diagnosis.cnn.evaluation.folder import read_data
from research.model_card.card import write_card


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m research.model_card",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command_line.add_arguments(
        parser, split="test", split_help='the films that count, default: test; "all" for every one'
    )
    parser.add_argument("--out", type=Path, default=Path("docs/model-card.md"))
    parser.add_argument(
        "--regions", type=Path, help="regions drawn by radiologists; default: regions.csv of the manifest"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate, draw, write."""
    options = parse(argv)
    with command_line.problems_in_words("No model card"):
        manifest = read_data(options.manifest)
        beside = manifest.folder / "regions.csv"
        written = write_card(
            load_bundle(find_bundle(options.bundle)),
            manifest,
            options.out,
            split=None if options.split == "all" else options.split,
            regions=options.regions or (beside if beside.is_file() else None),
            processes=options.processes,
            resamples=options.resamples,
            say=print,
        )
    print(f"{written[0]} with {len(written) - 1} pictures in {written[-1].parent}")


if __name__ == "__main__":
    main()
