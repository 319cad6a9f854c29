"""Measure what is left of shortcuts in a bundle.

python -m research.shortcuts --bundle B --manifest M [--split test] [--json OUT] [--films N]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from diagnosis.cnn.bundle import find_bundle, load_bundle
from diagnosis.cnn.evaluation import command_line
from diagnosis.cnn.evaluation.folder import read_data
from research.shortcuts.audit import MOST_FILMS, audit
from research.shortcuts.tables import audit_as_text


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m research.shortcuts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command_line.add_arguments(parser, split="test", split_help="the films that are judged, default: test")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument(
        "--films",
        type=command_line.one_or_more,
        default=MOST_FILMS,
        help=f"train films of a source, at most, to fit the source probe on; default: {MOST_FILMS}",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, and write the figures where asked to."""
    arguments = parse(argv)
    with command_line.problems_in_words():
        command_line.check_folder(arguments.json)
        report = audit(
            load_bundle(find_bundle(arguments.bundle)),
            read_data(arguments.manifest),
            split=arguments.split,
            most=arguments.films,
            processes=arguments.processes,
            resamples=arguments.resamples,
            progress=_tell,
        )
        if arguments.json:
            arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    print(audit_as_text(report))


def _tell(done: int, total: int) -> None:
    if done % 500 == 0:
        print(f"{done} of {total} films", file=sys.stderr)


if __name__ == "__main__":
    main()
