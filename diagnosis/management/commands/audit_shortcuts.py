"""Measure what is left of shortcuts in a bundle: the source in its features, its answers without lungs."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import DEFAULT, BundleError, find_bundle, load_bundle
from diagnosis.cnn.training.dataset import ManifestError
from diagnosis.cnn.training.folder import read_data
from diagnosis.cnn.training.shortcut_tables import audit_as_text
from diagnosis.cnn.training.shortcuts import MOST_FILMS, audit


class Command(BaseCommand):
    """`manage.py audit_shortcuts --bundle B --manifest M [--split test] [--json OUT] [--films N]`."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--bundle", default=DEFAULT, help="folder, or name of a bundle that ships")
        parser.add_argument("--manifest", type=Path, required=True, help="CSV, or a folder tree of films")
        parser.add_argument("--split", default="test", help="the films that are judged, default: test")
        parser.add_argument("--json", type=Path, help="write every figure to this file")
        parser.add_argument(
            "--films",
            type=_one_or_more,
            default=MOST_FILMS,
            help=f"train films of a source, at most, to fit the source probe on; default: {MOST_FILMS}",
        )
        parser.add_argument("--processes", type=_one_or_more, help="default: one a core")
        parser.add_argument("--resamples", type=_one_or_more, default=1000, help="of the bootstrap")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path | None = options["json"]
        if out and not out.parent.is_dir():  # not after minutes of work
            raise CommandError(f"{out}: there is no folder {out.parent} to write the figures to")
        try:
            report = audit(
                load_bundle(find_bundle(options["bundle"])),
                read_data(options["manifest"]),
                split=options["split"],
                most=options["films"],
                processes=options["processes"],
                resamples=options["resamples"],
                progress=self._tell,
            )
            if out:
                out.write_text(json.dumps(report, indent=2) + "\n")
        except ManifestError as error:
            raise CommandError(
                f"No figures: {len(error.problems)} things to put right first:\n{error}"
            ) from None
        except (BundleError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(audit_as_text(report))

    def _tell(self, done: int, total: int) -> None:
        if done % 500 == 0:
            self.stderr.write(f"{done} of {total} films")


def _one_or_more(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of one or more")
    return int(text)
