"""`manage.py export_studies`: a clinic's films without names, for researchers, into a folder."""

import csv
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import SYSTEM
from accounts.models import Clinic
from diagnosis.models import Study
from diagnosis.services import export, history


class Command(BaseCommand):
    """Writes one DICOM file for each film that could be cleaned, and films.csv, which says what became of
    each.
    """

    help = "Export a clinic's studies without names into a folder that does not exist yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--deidentified", action="store_true", required=True, help="the only way there is"
        )
        parser.add_argument("--clinic", required=True, help="its name")
        parser.add_argument("--out", type=Path, required=True, help="a folder that does not exist yet")
        parser.add_argument(
            "--study", type=uuid.UUID, action="append", help="this study alone; may be repeated"
        )
        parser.add_argument("--sex-and-age", action="store_true", help="keep sex and age in years (113108)")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = Clinic.objects.filter(name=options["clinic"]).first()
        if clinic is None:
            raise CommandError(f"There is no clinic named {options['clinic']!r}.")
        studies = Study.objects.filter(clinic=clinic, cancelled_at=None).order_by("pk")
        if options["study"]:
            studies = studies.filter(public_id__in=options["study"])
            if missing := set(options["study"]) - set(studies.values_list("public_id", flat=True)):
                raise CommandError(f"The clinic has no such study: {', '.join(map(str, missing))}")
        out: Path = options["out"]
        try:
            out.mkdir(mode=0o750)
        except OSError as error:
            raise CommandError(f"The folder {out} cannot be made: {error.strerror}.") from error
        written, held = self._export(studies, out, sex_and_age=options["sex_and_age"])
        self.stdout.write(f"{written} films without names in {out}; {held} held back, see films.csv there.")
        self.stdout.write(
            "Look at each film before you pass it on: letters that nobody found are still on it."
        )

    def _export(self, studies: Any, out: Path, *, sex_and_age: bool) -> tuple[int, int]:
        key, written, held = export.new_key(), 0, 0
        with (out / "films.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["study", "film", "file", "outcome"])
            for place, study in enumerate(studies.iterator(chunk_size=100), 1):
                films, left = export.counted(study), False
                for film in export.cleaned(films, key=key, sex_and_age=sex_and_age):
                    name = f"study-{place:05}-film-{film.number:03}.dcm" if film.content is not None else ""
                    if film.content is not None:
                        if not left:  # on record before its first film leaves, and not where none does
                            facts = {"kind": export.WITHOUT_NAMES, "films": len(films)}
                            history.write(study, "study.exported", facts, actor=SYSTEM)
                        left = True
                        (out / name).write_bytes(film.content)
                    table.writerow([place, film.number, name, film.words])
                    written, held = written + bool(name), held + (not name)
        return written, held
