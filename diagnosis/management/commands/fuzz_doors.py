"""Sends broken films through all four doors of a portal made for that, and says what did not hold."""

import secrets
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from diagnosis.management.fuzzing import inputs, run, seeds
from diagnosis.management.fuzzing import place as places
from diagnosis.management.fuzzing.place import Place
from diagnosis.management.fuzzing.run import Plan, Tally

OUTCOMES: Final = ("accepted", "accepted before", "held", "held before", "conflict", "refused")


class Command(BaseCommand):
    help = (
        "Send mutated films and messages through the form, the API, DICOMweb and C-STORE of a portal that is "
        "made for this run and deleted after it, and check what must hold after each. For development: needs "
        "a checkout."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--seed", type=int, help="the same seed sends the same inputs (default: a new one)"
        )
        parser.add_argument("--inputs", type=int, default=1000, help="how many (1000)")
        parser.add_argument(
            "--first", type=int, default=0, help="the number of the first: to repeat one of a run"
        )
        parser.add_argument("--more", type=Path, help="a folder of films to spoil besides the drawn ones")
        parser.add_argument(
            "--server", default="", help="a MySQL or MariaDB server (mysql://…) for a database of its own"
        )
        parser.add_argument(
            "--failures", type=Path, default=Path("fuzz-failures"), help="where failing inputs are kept"
        )

    def handle(self, **options: Any) -> None:
        seed = secrets.randbelow(10**6) if options["seed"] is None else options["seed"]
        if options["more"] and not options["more"].is_dir():
            raise CommandError(f"There is no folder {options['more']}.")
        try:
            place = places.ours()
        except places.NotOurs as error:
            raise CommandError("This database, folder or broker was not made for fuzzing.") from error
        if place is None:
            self._in_a_new_place(seed, options)
            return
        more = seeds.found_in(options["more"]) if options["more"] else ()
        plan = Plan(seed, options["first"], options["inputs"], options["failures"], more)
        self._tell(run.run(place, plan, self.stdout.write), seed)

    def _in_a_new_place(self, seed: int, options: dict[str, Any]) -> None:
        arguments = [f"--seed={seed}", f"--inputs={options['inputs']}", f"--first={options['first']}"]
        arguments.append(f"--failures={options['failures'].absolute()}")
        if options["more"]:
            arguments.append(f"--more={options['more'].absolute()}")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the place goes all the same
        try:
            with places.prepared(arguments, options["server"]) as made:
                done = subprocess.run(
                    made.command, env=made.environment, check=False, preexec_fn=places.end_with_parent
                )
                if done.returncode < 0:
                    self._died(made.place, seed, options, -done.returncode)
        except ImportError as error:
            raise CommandError(
                "This needs a checkout of the source: an installation is not fuzzed."
            ) from error
        if done.returncode:
            raise CommandError(f"Seed {seed}: something did not hold; see above.")

    def _died(self, place: Place, seed: int, options: dict[str, Any], by: int) -> None:
        """Keep the input that the web process died of."""
        more = seeds.found_in(options["more"]) if options["more"] else ()
        sent = inputs.made(seed, int(place.now.read_text()), settings.DICOM_AE_TITLE, more)
        problem = f"the web process was ended by signal {by}"
        kept = run.keep(options["failures"], seed, sent, [problem])
        self.stdout.write(f"input {sent.number} ({sent.door}) failed, kept as {kept}:\n    {problem}")

    def _tell(self, tally: Tally, seed: int) -> None:
        for (door, what), count in sorted(tally.counts.items()):
            self.stdout.write(f"{door:20} {what:44} {count:6}")
        self._table(tally)
        rate = tally.inputs / max(tally.seconds, 0.001)
        self.stdout.write(f"seed {seed}: {tally.inputs} inputs in {tally.seconds:.0f} s, {rate:.1f} a second")
        if tally.failures:
            kept = "\n".join(tally.failures[:100])
            raise CommandError(f"Seed {seed}: {len(tally.failures)} failed:\n{kept}")

    def _table(self, tally: Tally) -> None:
        """Films by door and what became of them."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for (door, what), count in tally.counts.items():
            outcome = "refused" if what.startswith("refused") else what
            if outcome in OUTCOMES and not door.startswith("analysis"):
                found[door][outcome] += count
        self.stdout.write(f"{'films by door':20}" + "".join(f"{name:>17}" for name in OUTCOMES))
        for door, counts in sorted(found.items()):
            self.stdout.write(f"{door:20}" + "".join(f"{counts[name]:17}" for name in OUTCOMES))
