"""Train the network on a manifest of films and write a bundle."""

import argparse
import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import BundleError
from diagnosis.cnn.evaluation.manifest import ManifestError
from diagnosis.cnn.training import cli
from diagnosis.cnn.training.checkpoints import OtherRun
from diagnosis.management.installed import check_training_is_installed


class Command(BaseCommand):
    """`manage.py train_model --manifest FILE [--out BUNDLE] [--minutes N]`."""

    help = __doc__ or ""
    requires_system_checks = []  # needs no database and no active model

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        cli.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        check_training_is_installed()
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        try:
            bundle = cli.run(argparse.Namespace(**options))
        except ManifestError as error:
            raise CommandError(
                f"Training did not start, {len(error.problems)} things to correct:\n{error}"
            ) from None
        except (BundleError, ModuleNotFoundError, OSError, OtherRun, ValueError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError(
                f"Interrupted; --resume continues from the last checkpoint in {options['work']}"
            ) from None
        self.stdout.write(f"{bundle.name} {bundle.version} in {bundle.path}")
