"""Train without a source and judge inside it, source by source and seed by seed: the figure that counts."""

import argparse
import dataclasses
import json
import logging
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from diagnosis.cnn.evaluation.manifest import ManifestError
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training import cli
from diagnosis.cnn.training.leave_out_study import LEAST_FILMS, RUNS, Protocol, as_text, study
from diagnosis.management import measuring

SIZE: Final = 160
# Fine-tuning as anybody would do it: nothing against shortcuts, nothing averaged, nothing smoothed or frozen.
PLAIN: Final[dict[str, Any]] = dict.fromkeys(cli.SHARES) | {
    "crop": "film",
    "border": PreprocessingParameters().border,
    "no_augmentation": True,
    "balance": "film",
    "ema": 0.0,
    "swa": 0.0,
    "label_smoothing": 0.0,
    "frozen_blocks": 0,
    "bottleneck": 0,
    "level_share": 0.0,
    "mix_sources": 0.0,
    "mix_style": 0.0,
    "adversary": 0.0,
    "group_robust": 0.0,
}


class Command(BaseCommand):
    """`manage.py leave_one_source_out --manifest M [--sources S …] [--seeds N …] [--json OUT] [--plain]`."""

    help = __doc__ or ""
    requires_system_checks = []  # needs no database and no active model

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        cli.add_run_arguments(parser)
        parser.set_defaults(input_size=SIZE)  # a sieve: nine runs, not one
        parser.add_argument(
            "--sources", nargs="+", metavar="SOURCE",
            help=f"default: all with {LEAST_FILMS} abnormal and {LEAST_FILMS} normal films",
        )  # fmt: skip
        parser.add_argument("--seeds", nargs="+", type=int, default=[20, 21, 22], metavar="SEED")
        parser.add_argument(
            "--films-seen", type=measuring.one_or_more, default=4800, help="the budget of a run"
        )
        parser.add_argument(
            "--judge-most", type=measuring.one_or_more, metavar="N",
            help="judge by N train films of a class at most, the others being left to confirm; default: all",
        )  # fmt: skip
        parser.add_argument("--json", type=Path, help="write every figure and the options to this file")
        parser.add_argument(
            "--plain", action="store_true",
            help="plain fine-tuning to compare with; wins over every option against shortcuts",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        out: Path | None = options["json"]
        measuring.check_folder(out)
        arguments = argparse.Namespace(**options)
        if arguments.plain:
            vars(arguments).update({name: value for name, value in PLAIN.items() if name in options})
        try:
            report = study(protocol_of(arguments), say=self.stdout.write)
        except ManifestError as error:
            raise CommandError(
                f"Nothing left out, {len(error.problems)} things to put right:\n{error}"
            ) from None
        except (ModuleNotFoundError, OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError(f"Cut; the same command goes on from {arguments.work / RUNS}") from None
        self.stdout.write("\n" + as_text(report))
        if out:
            out.write_text(json.dumps(report, indent=2) + "\n")


def protocol_of(arguments: argparse.Namespace) -> Protocol:
    """At the sieve's size and below, films keep it from the first step to the last, since runs are short;
    above, they grow as in `train_model`."""
    size, options = arguments.input_size, cli.options_from(arguments)
    if size <= SIZE:
        options = dataclasses.replace(options, sizes=((0.0, size),))
    return Protocol(
        manifest=cli.checked_manifest(arguments.manifest, arguments.task),
        options=options,
        preprocessing=cli.preprocessing_from(arguments, size=size),
        lungs=arguments.lungs,
        work=arguments.work,
        seeds=tuple(arguments.seeds),
        films_seen=float(arguments.films_seen),
        sources=tuple(arguments.sources) if arguments.sources else None,
        judge_most=arguments.judge_most,
    )
