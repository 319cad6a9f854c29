"""Measure a bundle on a manifest of films, pooled and by source."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import find_bundle, load_bundle
from diagnosis.cnn.evaluation import command_line
from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.evaluation.report import evaluate, write_predictions
from diagnosis.cnn.evaluation.tables import as_text


class Command(BaseCommand):
    """`manage.py evaluate_model --bundle B --manifest M [--split test] [--json OUT] [--predictions CSV]`."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        command_line.add_arguments(parser, split=None, split_help="only the films of this split")
        parser.add_argument("--json", type=Path, help="write every figure to this file")
        parser.add_argument("--predictions", type=Path, help="write a CSV with one row per film")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_line.problems_in_words(raises=CommandError):
            for out in (options["json"], options["predictions"]):
                command_line.check_folder(out)
            evaluation = evaluate(
                load_bundle(find_bundle(options["bundle"])),
                read_data(options["manifest"]),
                split=options["split"],
                processes=options["processes"],
                resamples=options["resamples"],
            )
            if options["json"]:
                options["json"].write_text(json.dumps(evaluation.report, indent=2) + "\n")
            if options["predictions"]:
                write_predictions(evaluation, options["predictions"])
        self.stdout.write(as_text(evaluation.report))
