"""Set a network's limits (normal, unsure, pathological) by a hospital's own labelled films."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from diagnosis.cnn.bundle import Bundle, find_bundle, load_bundle
from diagnosis.cnn.training.folder import read_data
from diagnosis.cnn.training.limits import LEAST_FILMS, with_own_limits
from diagnosis.management import measuring


class Command(BaseCommand):
    """`manage.py fit_limits --bundle B --manifest M --site NAME --out FOLDER [--split S]`."""

    help = __doc__ or ""
    requires_system_checks = []  # needs no database and no active model

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        measuring.add_arguments(
            parser,
            split=None,
            split_help=f"only these films; {LEAST_FILMS} abnormal and normal ones at least",
        )
        parser.add_argument("--site", required=True, help="a short word; the version becomes …+SITE")
        parser.add_argument("--out", type=Path, required=True, help="folder of the new bundle")

    def handle(self, *args: Any, **options: Any) -> None:
        with measuring.problems_in_words("No limits"):
            old = load_bundle(find_bundle(options["bundle"]))
            new = with_own_limits(
                old,
                read_data(options["manifest"]),
                site=options["site"],
                folder=options["out"],
                split=options["split"],
                processes=options["processes"],
                resamples=options["resamples"],
            )
        self.stdout.write(
            f"{old.name} {old.version}: {_limits(old)}\n{new.name} {new.version}: {_limits(new)}"
        )
        band = new.card["unsure_band"]
        self.stdout.write(
            f"On these films: {band['share_of_films']:.0%} unsure; {band['abnormal_below']:.1%} of abnormal "
            f"films called normal, {band['normal_above']:.1%} of normal ones pathological.\n"
            f"These films set the limits, so others will do a little worse.\n"
            f"To use them: manage.py register_model {new.path}, then "
            f"manage.py promote_model {new.name} {new.version}"
        )


def _limits(bundle: Bundle) -> str:
    lower, upper = bundle.unsure_band
    return f"unsure from {lower:.3f}, pathological from {upper:.3f} abnormal"
