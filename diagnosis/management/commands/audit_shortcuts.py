"""Measure what is left of shortcuts in a bundle: the source in its features, its answers without lungs."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from diagnosis.cnn.bundle import find_bundle, load_bundle
from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.training.shortcut_tables import audit_as_text
from diagnosis.cnn.training.shortcuts import MOST_FILMS, audit
from diagnosis.management import measuring


class Command(BaseCommand):
    """`manage.py audit_shortcuts --bundle B --manifest M [--split test] [--json OUT] [--films N]`."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        measuring.add_arguments(parser, split="test", split_help="the films that are judged, default: test")
        parser.add_argument("--json", type=Path, help="write every figure to this file")
        parser.add_argument(
            "--films",
            type=measuring.one_or_more,
            default=MOST_FILMS,
            help=f"train films of a source, at most, to fit the source probe on; default: {MOST_FILMS}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path | None = options["json"]
        measuring.check_folder(out)
        with measuring.problems_in_words():
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
        self.stdout.write(audit_as_text(report))

    def _tell(self, done: int, total: int) -> None:
        if done % 500 == 0:
            self.stderr.write(f"{done} of {total} films")
