"""Name the candidate, end it, or print how it does beside the active network."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import BundleError
from diagnosis.management.registered import registered
from diagnosis.services import candidates, comparison, registry
from diagnosis.services.candidates import NotACandidate


class Command(BaseCommand):
    help = (
        "Let a registered model version run silently beside the active one, as the candidate; or end that. "
        "Without a name: print the comparison so far. Nobody is shown what a candidate says of a film."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?")
        parser.add_argument("version", nargs="?")
        parser.add_argument("--end", action="store_true", help="end the candidate; its comparison is kept")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["end"]:
            self._end()
        elif options["name"] is None:
            self._print()
        elif options["version"] is None:
            raise CommandError("Give name and version, such as: candidate_model carina-cxr 3.0.0")
        else:
            self._name(options["name"], options["version"])

    def _name(self, name: str, version: str) -> None:
        chosen = registered(name, version)
        try:
            candidates.name_candidate(model_version=chosen, actor="console")
        except (BundleError, NotACandidate) as error:
            raise CommandError(f"{chosen} did not become the candidate. {error}") from error
        self.stdout.write(f"{chosen} runs silently beside {registry.active_model()} from now on.")

    def _end(self) -> None:
        running = candidates.candidate()
        if running is None or not candidates.end_candidate(model_version=running, actor="console"):
            raise CommandError("There is no candidate.")
        self.stdout.write(f"{running} is no candidate any more.")

    def _print(self) -> None:
        running, active = candidates.candidate(), registry.active_model()
        if running is None:
            raise CommandError("There is no candidate. Name one: candidate_model NAME VERSION")
        report = comparison.compared(running, active)
        for line in comparison.lines(report):
            self.stdout.write(line)
        lacking = registry.missing(running, active, report)
        self.stdout.write(lacking or f"Enough for: manage.py promote_model {running.name} {running.version}")
