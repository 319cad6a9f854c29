"""Train the small network that finds the lungs, on films with drawn lungs."""

import argparse
import logging
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import LUNG_NETWORK
from diagnosis.cnn.evaluation.command_line import one_or_more
from diagnosis.cnn.evaluation.manifest import ManifestError
from diagnosis.cnn.training.options import LungOptions
from diagnosis.management.installed import check_training_is_installed


class Command(BaseCommand):
    """`manage.py train_lungs --manifest M [--out FOLDER] [--steps N] [--seed N]`."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--manifest", type=Path, required=True, help="CSV with file,label,source,split,lung_mask"
        )
        parser.add_argument("--out", type=Path, default=LUNG_NETWORK.parent, help="folder of the network")
        parser.add_argument("--steps", type=one_or_more, default=LungOptions.steps)
        parser.add_argument("--seed", type=int, default=LungOptions.seed)

    def handle(self, *args: Any, **options: Any) -> None:
        check_training_is_installed()
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        try:
            # Imported here, because --help should not wait for TensorFlow.
            from diagnosis.cnn.training.lungs import fit_lungs, rows_with_masks

            self.stdout.write(f"{len(rows_with_masks(options['manifest']))} films with drawn lungs")
            asked = LungOptions(steps=options["steps"], seed=options["seed"])
            card = fit_lungs(options["manifest"], options["out"], asked)
        except ManifestError as error:
            raise CommandError(
                f"Training did not start, {len(error.problems)} things to correct:\n{error}"
            ) from None
        except (ModuleNotFoundError, OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        for split, figures in card["dice"].items():
            self.stdout.write(
                f"{split}: {figures['n']} films, overlap with the drawn lungs (Dice) {figures['mean']:.3f} "
                f"on average, {figures['least']:.3f} at least"
            )
        self.stdout.write(f"lung network in {options['out']}")
