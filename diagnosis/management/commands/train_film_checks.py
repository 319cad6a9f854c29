"""Train the small network that checks films: what they show, which way up, negative or mirrored."""

import argparse
import logging
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import FILM_CHECKS, BundleError, find_bundle, load_bundle, with_film_checks
from diagnosis.cnn.evaluation.command_line import one_or_more
from diagnosis.cnn.evaluation.manifest import ManifestError
from diagnosis.cnn.training.options import FilmCheckOptions
from diagnosis.management.installed import check_training_is_installed


class Command(BaseCommand):
    """`manage.py train_film_checks --manifest M --others CSV [--out FOLDER]`, or `--add-to BUNDLE …`."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--manifest", type=Path, help="CSV with file,label,source,split")
        parser.add_argument("--others", type=Path, help="CSV with file,kind: no frontal films")
        parser.add_argument("--out", type=Path, default=FILM_CHECKS, help="folder of the network")
        parser.add_argument("--films", type=one_or_more, default=FilmCheckOptions.films)
        parser.add_argument("--seed", type=int, default=FilmCheckOptions.seed)
        parser.add_argument(
            "--add-to", metavar="BUNDLE", help="train nothing; put the network of --out beside this bundle's"
        )
        parser.add_argument("--new-bundle", type=Path, help="folder of the bundle that --add-to makes")
        parser.add_argument("--bundle-version", help="its version")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["add_to"]:
            self._add(options)
            return
        if not (options["manifest"] and options["others"]):
            raise CommandError("Name the films with --manifest and the other pictures with --others.")
        check_training_is_installed()
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        try:
            # Imported here, because --help should not wait for TensorFlow.
            from diagnosis.cnn.training.film_checks.run import fit_film_checks

            asked = FilmCheckOptions(films=options["films"], seed=options["seed"])
            card = fit_film_checks(options["manifest"], options["others"], options["out"], asked)
        except ManifestError as error:
            raise CommandError(
                f"Training did not start, {len(error.problems)} things to correct:\n{error}"
            ) from None
        except (ModuleNotFoundError, OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        for name, figures in card["right_on_val"].items():
            share, count = figures["share"], figures["n"]
            self.stdout.write(f"{name}: right on {100 * share:.1f} % of {count} pictures of val")
        self.stdout.write(f"film checks in {options['out']}")

    def _add(self, options: dict[str, Any]) -> None:
        if not (options["new_bundle"] and options["bundle_version"]):
            raise CommandError("Say where the new bundle goes (--new-bundle) and its --bundle-version.")
        try:
            bundle = load_bundle(find_bundle(options["add_to"]))
            made = with_film_checks(bundle, options["out"], options["new_bundle"], options["bundle_version"])
        except (BundleError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{made.name} {made.version} in {made.path}, checksum {made.checksum}")
