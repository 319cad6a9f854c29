"""Print how the films of each clinic stand to their reference window."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models import ModelVersion
from diagnosis.services import drift, registry
from diagnosis.views.contexts.drift import clinic_page


class Command(BaseCommand):
    help = "Print, for each clinic and the active network, its latest films beside its reference window."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", help="the name of one clinic")
        parser.add_argument("--compare", action="store_true", help="compare what is due first, as beat does")

    def handle(self, *args: Any, **options: Any) -> None:
        network = registry.active_model()
        if network is None:
            raise CommandError("No network is active.")
        clinics = Clinic.objects.filter(**({"name": options["clinic"]} if options["clinic"] else {}))
        if options["clinic"] and not clinics:
            raise CommandError(f"There is no clinic named {options['clinic']}.")
        if options["compare"]:
            drift.compare_due(seconds=3600)
        for clinic in clinics:
            with timezone.override(clinic.time_zone or None):
                self._print(clinic, network)

    def _print(self, clinic: Clinic, network: ModelVersion) -> None:
        page = clinic_page(clinic, network)
        window = page["window"]
        self.stdout.write(self.style.MIGRATE_HEADING(f"{clinic}, {network}"))
        if window is None:
            coming = page["coming"]
            self.stdout.write(f"  {coming.films} of {coming.needed} films of a window\n")
            return
        self.stdout.write(
            f"  window of {window.films} films, frozen {timezone.localtime(window.frozen_at):%Y-%m-%d}"
        )
        for told in page["alerts"]:
            seen = "cause noted" if told.alert.acknowledged_at else "nobody has seen to it"
            since = f"{timezone.localtime(told.alert.since):%Y-%m-%d}"
            self.stdout.write(self.style.WARNING(f"  {told.change} since {since}; {told.from_to} ({seen})"))
        if not page["panels"]:
            self.stdout.write(f"  fewer than {page['period']} films since\n")
            return
        self.stdout.write(
            f"  {'':32}{'window':>20}{'last 50':>20}{'standing':>10}{'limits':>16}  longest run"
        )
        for panel in page["panels"]:
            row = panel.rows[0]
            line = f"  {panel.name:32}{panel.window:>20}{panel.now:>20}{row.standing:>10}{row.limits:>16}"
            self.stdout.write(f"{line}  {row.longest}{'  OUT' if row.crosses else ''}")
        self.stdout.write("")
