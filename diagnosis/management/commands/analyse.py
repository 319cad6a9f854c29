"""Analyse films with the network and print what a worker would store, as a sentence or a line of JSON.

Without a clinic the network is on probation, as it is in every clinic that has not measured it.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Clinic
from diagnosis.cnn.bundle import DEFAULT, Bundle, BundleError, find_bundle, load_bundle
from diagnosis.cnn.classifier import Classification, Classifier
from diagnosis.cnn.findings import name_of
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import ModelVersion, OperatingPoint
from diagnosis.services import analysis, standing


class Command(BaseCommand):
    """`manage.py analyse FILE... [--json] [--bundle B] [--clinic C]`; status 1 if one could not be read."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="one line of JSON per film")
        parser.add_argument("--bundle", default=DEFAULT, help="folder, or name of a shipped bundle")
        parser.add_argument("--clinic", default="", help="tell it as in this clinic; without: on probation")
        parser.add_argument("--no-gate", action="store_true", help="accept pictures of anything else, too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            classifier = classifier_for(options["bundle"], settings.AVERAGE_LOOKS)
        except BundleError as error:
            raise CommandError(str(error)) from None
        limits = limits_of(options["clinic"], classifier.bundle) if options["clinic"] else None
        refused = 0
        for path in options["files"]:
            record = analyse_file(path, classifier, gate=not options["no_gate"], limits=limits)
            refused += "refusal" in record
            self.stdout.write(as_json_line(record) if options["json"] else _sentence(record))
        if refused:
            raise CommandError(f"{refused} of {len(options['files'])} files could not be analysed.")


_DOUBTS: Final = {
    "unfamiliar": "a film unlike those it learned from",
    "few_grey_levels": "a file with few shades of grey",
    "lungs_not_found": "a film whose lungs were not found",
}


def _sentence(record: dict[str, Any]) -> str:
    if "refusal" in record:
        return f"{record['file']}: {record['message']} {record['advice']}"
    looks = record["uncertainty"]
    strange = "".join(f", {words}" for doubt, words in _DOUBTS.items() if looks[doubt])
    quality = record["quality"]
    for words, ones in (("corrected", quality["corrections"]), ("caution", quality["cautions"])):
        strange += "".join(f", {words}: {one['code']} ({100 * one['confidence']:.0f} %)" for one in ones)
    return (
        f"{record['file']}: {_answer(record)}, triage {record['told_triage']}{strange} "
        f"({record['standing_text']}), "
        f"{_range(looks)}; "
        "research use only, not a medical device"
    )


def _range(looks: dict[str, Any]) -> str:
    if len(looks["p_abnormal"]) == 1:
        return "one look at the film: others could not change this"
    return f"abnormal {100 * looks['low']:.0f}–{100 * looks['high']:.0f} % over three looks at the film"


def _answer(record: dict[str, Any]) -> str:
    """What the network sees; a number alone where nobody measured what it means."""
    if record["standing_text"] == standing.NOT_MEASURED:
        return f"the network gives {100 * (1 - record['probabilities']['normal']):.0f} % abnormal"
    finding = record["told_finding"]
    sees = "no signs of disease" if finding == "normal" else f"signs of {name_of(finding)}"
    return f"the network sees {sees} ({100 * record['probabilities'][finding]:.0f} %)"


@lru_cache(maxsize=4)
def classifier_for(name_or_path: str, average_looks: bool = False) -> Classifier:
    """The classifier of a bundle, loaded on first use in this process and kept."""
    return Classifier(load_bundle(find_bundle(name_or_path)), average_looks)


def limits_of(clinic: str, bundle: Bundle) -> OperatingPoint | None:
    """The limits in force in the clinic of this name for this bundle; CommandError if there is none such."""
    found = Clinic.objects.filter(name=clinic).first()
    version = ModelVersion.objects.filter(checksum=bundle.checksum).first()
    if found is None or version is None:
        raise CommandError(
            f"There is no clinic “{clinic}”." if not found else "This bundle is not registered."
        )
    return standing.in_force(clinic_id=found.pk, model_version=version)


def as_record(
    classification: Classification,
    bundle: Bundle,
    *,
    original_sha256: str,
    limits: OperatingPoint | None = None,
) -> dict[str, Any]:
    """The JSON values that a worker stores for a film, named like the Prediction's fields.

    `finding` and `triage` are the network's own, by the limits on its card; `told_…` is what people are told.
    """
    finding, said = analysis.told_by(classification, limits)
    return {
        "told_finding": finding,
        "told_triage": said,
        "standing_text": standing.who_answers(limits).rstrip(".") if limits else standing.NOT_MEASURED,
        "finding": classification.finding,
        "triage": classification.triage,
        "probabilities": classification.probabilities,
        "raw_probabilities": classification.raw_probabilities,
        "operating_point": classification.operating_point,
        "model": bundle.name,
        "model_version": bundle.version,
        "bundle_checksum": bundle.checksum,
        "original_sha256": original_sha256,
        "input_sha256": classification.input_sha256,
        "film_distance": classification.film_distance,
        "library_versions": classification.library_versions,
        "timings_ms": classification.timings_ms,
        "uncertainty": classification.uncertainty,
        "quality": classification.quality,
    }


def analyse_file(
    path: Path, classifier: Classifier, *, gate: bool = True, limits: OperatingPoint | None = None
) -> dict[str, Any]:
    """What a worker would store for a film's file, or the refusal: `refusal` (a code), `message`, `advice`,
    `confidence` (0-1, null where nothing is estimated).

    Every record names the `file`. Raises OSError only if the disk fails, not for a missing file.
    """
    record: dict[str, Any] = {"file": str(path)}
    try:
        with path.open("rb") as stream:
            record["original_sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
        classification = classifier.classify(read_raster(path), gate=gate, bands=analysis.bands_of(limits))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        return record | {
            "refusal": "unreadable",
            "message": f"{error.strerror}.",
            "advice": "Check the name.",
        }
    except FilmRefused as refusal:
        told = {"refusal": refusal.code, "message": refusal.message, "advice": refusal.advice}
        return record | told | {"confidence": getattr(refusal, "confidence", None)}
    sha256 = record["original_sha256"]
    stored = as_record(classification, classifier.bundle, original_sha256=sha256, limits=limits)
    return record | stored


def as_json_line(record: Mapping[str, Any]) -> str:
    """The record as one line of JSON with sorted keys."""
    return json.dumps(record, sort_keys=True, ensure_ascii=False)
