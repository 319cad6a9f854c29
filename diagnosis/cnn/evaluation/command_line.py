"""Arguments and errors that the commands which measure films have in common."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diagnosis.cnn.bundle import DEFAULT, BundleError
from diagnosis.cnn.evaluation.manifest import ManifestError


def add_arguments(parser: argparse.ArgumentParser, *, split: str | None, split_help: str) -> None:
    """Which bundle, on which films, by how many processes."""
    parser.add_argument("--bundle", default=DEFAULT, help="folder, or name of a bundle that ships")
    parser.add_argument(
        "--manifest", type=Path, required=True, metavar="FILE_OR_FOLDER",
        help="CSV with file,label,source[,group][,split], or a folder tree of films",
    )  # fmt: skip
    parser.add_argument("--split", default=split, help=split_help)
    parser.add_argument("--processes", type=one_or_more, help="default: one a core")
    parser.add_argument(
        "--resamples", type=one_or_more, default=1000, help="of the bootstrap that gives the intervals"
    )


def one_or_more(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of one or more")
    return int(text)


def check_folder(out: Path | None) -> None:
    """Raise ValueError if the folder of an output file is missing: now, not after minutes of work."""
    if out and not out.parent.is_dir():
        raise ValueError(f"{out}: there is no folder {out.parent} to write the figures to")


@contextmanager
def problems_in_words(
    nothing: str = "No figures", *, raises: type[BaseException] = SystemExit
) -> Iterator[None]:
    """Raise problems with films, bundle, options or disk as `raises`, worded for whoever typed the command.

    nothing: what there will be none of. SystemExit prints the words and exits with status 1.
    """
    try:
        yield
    except ManifestError as error:
        things = "1 thing" if len(error.problems) == 1 else f"{len(error.problems)} things"
        raise raises(f"{nothing}: {things} to put right first:\n{error}") from None
    except (BundleError, ModuleNotFoundError, OSError, ValueError) as error:
        raise raises(str(error)) from None
