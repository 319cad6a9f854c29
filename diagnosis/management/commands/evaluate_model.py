"""Measure a bundle on any manifest of films, pooled and source by source."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import DEFAULT, BundleError, find_bundle, load_bundle
from diagnosis.cnn.training.dataset import ManifestError
from diagnosis.cnn.training.evaluation import evaluate, write_predictions
from diagnosis.cnn.training.folder import read_data
from diagnosis.cnn.training.tables import as_text


class Command(BaseCommand):
    """`manage.py evaluate_model --bundle B --manifest M [--split test] [--json OUT] [--predictions CSV]`."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--bundle", default=DEFAULT, help="folder, or name of a bundle that ships")
        parser.add_argument(
            "--manifest", type=Path, required=True, metavar="FILE_OR_FOLDER",
            help="CSV with file,label,source[,group][,split], or a folder tree of films",
        )  # fmt: skip
        parser.add_argument("--split", help="only the films of this split")
        parser.add_argument("--json", type=Path, help="write every figure to this file")
        parser.add_argument("--predictions", type=Path, help="write a CSV with a row a film")
        parser.add_argument("--processes", type=int, help="default: one a core")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            evaluation = evaluate(
                load_bundle(find_bundle(options["bundle"])),
                read_data(options["manifest"]),
                split=options["split"],
                processes=options["processes"],
            )
            if options["json"]:
                options["json"].write_text(json.dumps(evaluation.report, indent=2) + "\n")
            if options["predictions"]:
                write_predictions(evaluation, options["predictions"])
        except ManifestError as error:
            raise CommandError(
                f"No figures: {len(error.problems)} things to put right first:\n{error}"
            ) from None
        except (BundleError, OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(as_text(evaluation.report))
