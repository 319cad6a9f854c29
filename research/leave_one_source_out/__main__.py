"""Train without a source and judge inside it: the figure that counts.

python -m research.leave_one_source_out --manifest M [--sources S …] [--seeds N …] [--json OUT] [--plain]
"""

import argparse
import dataclasses
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from diagnosis.cnn.evaluation.command_line import check_folder, one_or_more, problems_in_words
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training import cli
from diagnosis.cnn.training.data.augmentation import AugmentationOptions
from diagnosis.cnn.training.flags import flag_names
from research.leave_one_source_out.study import LEAST_FILMS, RUNS, Protocol, study
from research.leave_one_source_out.tables import as_text

SIZE: Final = 160
# Fine-tuning as anybody would do it: nothing against shortcuts, nothing averaged, nothing smoothed or frozen.
PLAIN: Final[dict[str, Any]] = dict.fromkeys(flag_names(AugmentationOptions)) | {
    "crop": "film",
    "border": PreprocessingParameters().border,
    "no_augmentation": True,
    "balance": "film",
    "ema": 0.0,
    "label_smoothing": 0.0,
    "frozen_blocks": 0,
    "bottleneck": 0,
    "level_share": 0.0,
}


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line; --plain takes every option against shortcuts back."""
    parser = argparse.ArgumentParser(
        prog="python -m research.leave_one_source_out",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cli.add_run_arguments(parser)
    parser.set_defaults(input_size=SIZE)  # a sieve: nine runs, not one
    parser.add_argument(
        "--sources", nargs="+", metavar="SOURCE",
        help=f"default: all with {LEAST_FILMS} abnormal and {LEAST_FILMS} normal films",
    )  # fmt: skip
    parser.add_argument("--seeds", nargs="+", type=int, default=[20, 21, 22], metavar="SEED")
    parser.add_argument("--films-seen", type=one_or_more, default=4800, help="the budget of a run")
    parser.add_argument(
        "--judge-most", type=one_or_more, metavar="N",
        help="judge by N train films of a class at most, the others being left to confirm; default: all",
    )  # fmt: skip
    parser.add_argument(
        "--bundles", type=Path, metavar="FOLDER",
        help="write the network of each run here as a bundle, for `research.new_hospital --left-out`; runs "
        "whose bundle is not there are run again",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="write every figure and the options to this file")
    parser.add_argument(
        "--plain", action="store_true",
        help="plain fine-tuning to compare with; wins over every option against shortcuts",
    )  # fmt: skip
    arguments = parser.parse_args(argv)
    if arguments.plain:
        vars(arguments).update(PLAIN)
    return arguments


def main(argv: Sequence[str] | None = None) -> None:
    """Run what is missing of the study, print its figures, and write them where asked to."""
    arguments = parse(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    try:
        with problems_in_words("Nothing left out"):
            check_folder(arguments.json)
            report = study(protocol_of(arguments), say=print)
            if arguments.json:
                arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    except KeyboardInterrupt:
        sys.exit(f"Cut; the same command goes on from {arguments.work / RUNS}")
    print("\n" + as_text(report))


def protocol_of(arguments: argparse.Namespace) -> Protocol:
    """The study that the command line asks for. Up to SIZE films do not grow, since runs are short; above,
    they grow as in `train_model`."""
    size, options = arguments.input_size, cli.options_from(arguments)
    if size <= SIZE:
        options = dataclasses.replace(options, sizes=((0.0, size),))
    return Protocol(
        manifest=cli.checked_manifest(arguments.manifest, options.task),
        options=options,
        preprocessing=cli.preprocessing_from(arguments, size=size),
        lungs=arguments.lungs,
        work=arguments.work,
        seeds=tuple(arguments.seeds),
        films_seen=float(arguments.films_seen),
        sources=tuple(arguments.sources) if arguments.sources else None,
        judge_most=arguments.judge_most,
        bundles=arguments.bundles,
    )


if __name__ == "__main__":
    main()
