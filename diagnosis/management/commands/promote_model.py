"""Make a registered network the active one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import BundleError
from diagnosis.models import ModelVersion
from diagnosis.services import registry


class Command(BaseCommand):
    help = "Make a registered model version the active one; the one before stays registered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("version")

    def handle(self, *args: Any, **options: Any) -> None:
        model_version = ModelVersion.objects.filter(name=options["name"], version=options["version"]).first()
        if model_version is None:
            known = ", ".join(str(each) for each in ModelVersion.objects.all()) or "none"
            wanted = f"{options['name']} {options['version']}"
            raise CommandError(f"{wanted} is not registered. Registered are: {known}.")
        try:
            registry.promote(model_version=model_version, actor="console")
        except BundleError as error:
            raise CommandError(f"{model_version} was not promoted. {error}") from error
        self.stdout.write(f"{model_version} is the active network from now on.")
