"""Say what the network sees on films: one line of JSON a film, exactly what a worker would store."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import DEFAULT, BundleError
from diagnosis.cnn.classifier import analyse_file, as_json_line, classifier_for
from diagnosis.cnn.findings import name_of


class Command(BaseCommand):
    """`manage.py analyse FILE... [--json] [--bundle B]`; status 1 where a film could not be read."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="one line of JSON a film")
        parser.add_argument("--bundle", default=DEFAULT, help="folder, or name of a bundle that ships")
        parser.add_argument("--no-gate", action="store_true", help="judge pictures that are no chest X-ray")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            classifier = classifier_for(options["bundle"], settings.AVERAGE_VIEWS)
        except BundleError as error:
            raise CommandError(str(error)) from None
        refused = 0
        for path in options["files"]:
            record = analyse_file(path, classifier, gate=not options["no_gate"])
            refused += "refusal" in record
            self.stdout.write(as_json_line(record) if options["json"] else _sentence(record))
        if refused:
            raise CommandError(f"{refused} of {len(options['files'])} files could not be judged.")


def _sentence(record: dict[str, Any]) -> str:
    if "refusal" in record:
        return f"{record['file']}: {record['message']} {record['advice']}"
    finding = record["finding"]
    sees = "no signs of disease" if finding == "normal" else f"signs of {name_of(finding)}"
    share = 100 * record["probabilities"][finding]
    views = record["uncertainty"]
    strange = ", a film unlike those that it learned from" if views["unfamiliar"] else ""
    return (
        f"{record['file']}: the network sees {sees} ({share:.0f} %), triage {record['triage']}{strange}, "
        f"abnormal {100 * views['low']:.0f}–{100 * views['high']:.0f} % over three views of the film; "
        "research use only, not a medical device"
    )
