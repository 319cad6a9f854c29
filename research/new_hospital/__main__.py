"""Judge what a bundle would do in a hospital it never saw; of two, the second stands beside the first.

python -m research.new_hospital --bundle B [--bundle NEW] --manifest M [--more M2] [--left-out FOLDER …]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diagnosis.cnn.bundle import DEFAULT, Bundle, find_bundle, load_bundle
from diagnosis.cnn.evaluation import command_line
from diagnosis.cnn.evaluation.folder import read_data
from research.new_hospital.judge import PARTS, Data, judge
from research.new_hospital.side_by_side import compared
from research.new_hospital.tables import as_markdown, as_text


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m research.new_hospital",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--bundle", action="append", help="folder, or name of a bundle that ships; twice: old and new"
    )
    parser.add_argument(
        "--manifest", type=Path, required=True, metavar="FILE_OR_FOLDER",
        help="CSV with file,label,source,split[,group], or a folder tree of films",
    )  # fmt: skip
    parser.add_argument("--more", type=Path, metavar="FILE_OR_FOLDER", help="films of further sources")
    parser.add_argument(
        "--left-out", action="append", nargs="+", type=Path, metavar="FOLDER", default=[],
        help="bundles trained without a source; given twice, the second time those of the second bundle",
    )  # fmt: skip
    parser.add_argument(
        "--changes-on", type=command_line.one_or_more, metavar="N",
        help="change N films of the test split, balanced over sources and labels; default: all",
    )  # fmt: skip
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="default: all")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    parser.add_argument("--processes", type=command_line.one_or_more, help="default: one a core")
    parser.add_argument("--resamples", type=command_line.one_or_more, default=1000, help="of the bootstrap")
    arguments = parser.parse_args(argv)
    arguments.bundle = arguments.bundle or [DEFAULT]
    if len(arguments.bundle) > 2:
        parser.error("one bundle, or two to compare")
    if len(arguments.left_out) > len(arguments.bundle):
        parser.error("--left-out stands once for each --bundle")
    return arguments


def main(argv: Sequence[str] | None = None) -> None:
    """Judge, print, and write the figures where asked to."""
    arguments = parse(argv)
    with command_line.problems_in_words():
        command_line.check_folder(arguments.json)
        command_line.check_folder(arguments.markdown)
        bundles = [_loaded(name) for name in arguments.bundle]
        left_out = [[_loaded(folder) for folder in folders] for folders in arguments.left_out]
        left_out += [[] for _ in bundles[len(left_out) :]]
        report = judge(bundles, left_out, _data(arguments), parts=arguments.parts)
        if len(bundles) == 2:
            report["compared"] = compared(*report["bundles"])
        if arguments.json:
            arguments.json.write_text(json.dumps(report, indent=2) + "\n")
        if arguments.markdown:
            arguments.markdown.write_text(as_markdown(report))
    print(as_text(report))


def _loaded(name: str | Path) -> Bundle:
    return load_bundle(find_bundle(name))


def _data(arguments: argparse.Namespace) -> Data:
    return Data(
        manifest=read_data(arguments.manifest),
        more=read_data(arguments.more) if arguments.more else None,
        changes_on=arguments.changes_on,
        processes=arguments.processes,
        resamples=arguments.resamples,
        progress=_tell,
    )


def _tell(done: int, total: int) -> Any:
    if done % 250 == 0:
        print(f"{done} of {total} films", file=sys.stderr)


if __name__ == "__main__":
    main()
