"""Set a network's limits (normal, unsure, pathological) on a hospital's own labelled films."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.bundle import Bundle, find_bundle, load_bundle
from diagnosis.cnn.evaluation import command_line
from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.evaluation.limits import LEAST_PATIENTS, with_own_limits


class Command(BaseCommand):
    """`manage.py fit_limits --bundle B --manifest M --site NAME --out FOLDER [--split S]`."""

    help = __doc__ or ""
    requires_system_checks = []  # needs no database and no active model

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        command_line.add_arguments(
            parser,
            split=None,
            split_help=f"only these; films of at least {LEAST_PATIENTS} abnormal and {LEAST_PATIENTS} normal "
            "patients",
        )
        parser.add_argument("--site", required=True, help="a short word; the version becomes …+SITE")
        parser.add_argument("--out", type=Path, required=True, help="new folder for the bundle")

    def handle(self, *args: Any, **options: Any) -> None:
        with command_line.problems_in_words("No limits", raises=CommandError):
            old = load_bundle(find_bundle(options["bundle"]))
            new, evaluation = with_own_limits(
                old,
                read_data(options["manifest"]),
                site=options["site"],
                folder=options["out"],
                split=options["split"],
                processes=options["processes"],
                resamples=options["resamples"],
            )
        lines = [f"{_name(old)}: {_limits(old)}", f"{_name(new)}: {_limits(new)}", _on(new)]
        lines += _left_out(evaluation.report)
        lines.append(
            f"To use them: manage.py register_model {new.path}, then "
            f"manage.py promote_model {new.name} {new.version} (with --reason, or as the candidate first: "
            "docs/operating.md). For limits on other films later, use another "
            f"site, for example {new.card['limits_set']['site']}-2."
        )
        self.stdout.write("\n".join(lines))


def _name(bundle: Bundle) -> str:
    return f"{bundle.name} {bundle.version}"


def _limits(bundle: Bundle) -> str:
    lower, upper = bundle.unsure_band
    return f"unsure from {lower:.3f}, pathological from {upper:.3f} abnormal"


def _on(bundle: Bundle) -> str:
    band = bundle.card["unsure_band"]
    return (
        f"On these {band['n']} films: {band['share_of_films']:.0%} unsure; {band['abnormal_below']:.1%} of "
        f"abnormal films called normal, {band['normal_above']:.1%} of normal ones pathological. The limits "
        "were set on these films, so other films will do a little worse."
    )


def _left_out(report: dict[str, Any]) -> list[str]:
    lines = []
    if outside := report["data"]["outside_task"]:
        lines.append(f"{outside} films have a label that the network does not know and were left out.")
    if refused := report["refused_by_film_gate"]:
        lines.append(f"{refused} films would be refused as not chest X-rays, but count for the limits.")
    if strange := report["unfamiliar"]:
        lines.append(f"{strange} films are unlike the training films: unsure whatever the limits.")
    return lines
