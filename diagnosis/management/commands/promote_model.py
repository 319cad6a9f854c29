"""Make a registered network the active one, and print what is known of it beside the one before."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import BundleError
from diagnosis.management.registered import registered
from diagnosis.services import comparison, drift, registry


class Command(BaseCommand):
    help = (
        "Make a registered model version the active one; the one before stays registered. Where another one "
        "answers already, it has to be the candidate (candidate_model) of which enough films were read blind."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("version")
        parser.add_argument("--reason", default="", help="why it goes without enough blind reads; on record")

    def handle(self, *args: Any, **options: Any) -> None:
        model_version = registered(options["name"], options["version"])
        try:
            registry.promote(model_version=model_version, actor="console", reason=options["reason"])
        except BundleError as error:
            raise CommandError(f"{model_version} was not promoted. {error}") from error
        except registry.PromotionRefused as refused:
            told = f"{model_version} was not promoted. {refused} With a reason: --reason."
            raise CommandError(told) from refused
        drift.close_replaced(model_version)
        promotion = registry.latest_promotion(model_version)
        for line in comparison.lines(promotion.report) if promotion and promotion.replaced else ():
            self.stdout.write(line)
        self.stdout.write(f"{model_version} is the active network from now on.")
