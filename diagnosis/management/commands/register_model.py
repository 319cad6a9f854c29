"""Register a trained bundle, and make it the active network if asked."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import BundleError
from diagnosis.services import drift, registry


class Command(BaseCommand):
    help = "Register a model bundle: a folder, or the name of a shipped one. Repeating it is harmless."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("bundle", nargs="?", help="folder of the bundle, or the name of a shipped one")
        which.add_argument("--shipped", action="store_true", help="the bundle shipped with the program")
        parser.add_argument(
            "--reason", default="", help="with --promote: why it need not run beside the active network first"
        )
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--promote", action="store_true", help="make it the active network")
        when.add_argument(
            "--promote-if-none",
            action="store_true",
            help="make it the active network unless there is one; for scripts that run at every start",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = registry.shipped_bundle() if options["shipped"] else options["bundle"]
        try:
            model_version = registry.register(bundle_path=path, actor="console")
            if options["promote"] or (options["promote_if_none"] and registry.active_model() is None):
                model_version = registry.promote(
                    model_version=model_version, actor="console", reason=options["reason"]
                )
                drift.close_replaced(model_version)
        except (BundleError, registry.PromotionRefused) as error:
            raise CommandError(str(error)) from error
        state = "active" if model_version.active else "registered, not active"
        self.stdout.write(f"{model_version}: {state} (checksum {model_version.checksum[:12]}…)")
