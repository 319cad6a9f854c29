"""Two public sets in the layout they come in: their films, and how many were left out and why."""

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from diagnosis.cnn.evaluation.manifest import NOT_STATED, Film, Manifest, ManifestError, age_of
from diagnosis.cnn.evaluation.pictures import pictures, plain, split_of

# The Kaggle COVID-19 Radiography Database, folders by their names without case, spaces and strokes.
RADIOGRAPHY: Final = "covid19-radiography-database"
RADIOGRAPHY_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {"covid": "covid19", "covid19": "covid19", "viralpneumonia": "pneumonia", "normal": "normal"}
)
OPACITY: Final = "lungopacity"
NO_CLASS: Final = "of a kind that is no class here"

# covid-chestxray-dataset (Cohen 2020). Its older tables name a germ where newer ones have "Pneumonia/...".
CASES: Final = "covid-chestxray-dataset"
GERMS: Final = (
    "sars", "mers", "streptococcus", "pneumocystis", "klebsiella", "legionella", "e.coli", "mycoplasma",
    "varicella", "influenza", "chlamydophila", "staphylococcus",
)  # fmt: skip
UNTRUSTED: Final = frozenset(("", "todo", "unknown"))


def radiography_root(folder: Path) -> Path | None:
    """The folder of the Radiography Database's classes: this one or the only one in it, or None."""
    inside = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    for root in (folder, *(inside if len(inside) == 1 else ())):
        names = {plain(path.name) for path in root.iterdir() if path.is_dir()}
        if names & {"viralpneumonia", OPACITY} and names & set(RADIOGRAPHY_LABELS):
            return root
    return None


def read_radiography(root: Path) -> Manifest:
    """Films of `COVID/images/`, `Viral Pneumonia/images/` and so on, or, in older releases, without `images`.

    Masks are no films. Lung_Opacity is left out: it is any opacity that is not COVID-19, of whatever cause.
    The set names no patients: every film counts as one. Raises ManifestError where no film is left.
    """
    films, left_out = [], Counter[str]()
    for file in sorted(pictures(root)):
        kind, *between = PurePosixPath(file).parts[:-1] or ("",)
        if [plain(part) for part in between] not in ([], ["images"]):
            continue
        if (label := RADIOGRAPHY_LABELS.get(plain(kind))) is None:
            left_out[f"{NO_CLASS} ({kind or 'without a folder'})"] += 1
            continue
        split = split_of(f"{RADIOGRAPHY}/{label}/{PurePosixPath(file).stem}")
        films.append(Film(file, label, RADIOGRAPHY, split))
    return _some(Manifest(root, tuple(films), licences={RADIOGRAPHY: [NOT_STATED]}, left_out=dict(left_out)))


def is_case_table(path: Path) -> bool:
    """Whether a CSV is the `metadata.csv` of covid-chestxray-dataset."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            columns = next(csv.reader(stream), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return {"patientid", "finding", "view", "modality", "filename"} <= set(columns) and "label" not in columns


def read_cases(path: Path) -> Manifest:
    """Frontal X-rays of `metadata.csv` with a finding to be trusted; patients are split whole.

    Raises ManifestError where the table cannot be read or no film is left.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = [_Row({key: (value or "").strip() for key, value in row.items() if isinstance(value, str)})
                    for row in csv.DictReader(stream)]  # fmt: skip
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError([f"{path}: the table cannot be read ({error})"]) from error
    ill = {row["patientid"] for row in rows if row.finding not in ("no finding", *UNTRUSTED)}
    films, left_out, terms = [], Counter[str](), defaultdict[str, set[str]](set)
    for row in rows:
        if reason := row.why_not(ill):
            left_out[reason] += 1
            continue
        films.append(row.film())
        terms[CASES].add(row["license"] or NOT_STATED)
    licences = {source: sorted(names) for source, names in terms.items()}
    return _some(Manifest(path.parent, tuple(films), licences=licences, left_out=dict(left_out)))


@dataclass(frozen=True)
class _Row:
    """A row of `metadata.csv`."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def finding(self) -> str:
        return self["finding"].casefold()

    @property
    def label(self) -> str:
        """Our class, empty where there is none."""
        parts = [part.strip() for part in self.finding.replace(",", "/").split("/")]
        if "covid-19" in parts:
            return "covid19"
        if parts[0] == "pneumonia" or parts[0] in GERMS:
            return "pneumonia"
        return "normal" if self.finding == "no finding" else ""

    def why_not(self, ill: set[str]) -> str:
        """Why the row is left out, empty where it is not; ill: patients with a finding on any film."""
        if self["modality"].casefold() != "x-ray":
            return "CT" if self["modality"].casefold() == "ct" else "neither X-ray nor CT"
        view = self["view"].casefold().split()
        if view[:1] not in (["pa"], ["ap"]):
            return "lateral" if view[:1] == ["l"] else "of another view, or of none that is stated"
        if self.finding in UNTRUSTED:
            return "without a finding to be trusted (todo, Unknown or nothing)"
        if self.label == "covid19" and self["RT_PCR_positive"].casefold() in ("n", "unclear"):
            return "COVID-19 that its PCR does not confirm"
        if self.label == "normal" and self["patientid"] and self["patientid"] in ill:
            return "No Finding of a patient who has one on another film"
        return "" if self.label else NO_CLASS

    def film(self) -> Film:
        file = f"{self['folder'] or 'images'}/{self['filename']}"
        group = f"{CASES}/{self['patientid']}" if self["patientid"] else ""
        age, age_group = age_of(self["age"])
        return Film(
            file, self.label, CASES, split_of(group or f"{CASES}/{file}"), group,
            sex=self["sex"], age=age, view=self["view"], age_group=age_group,
        )  # fmt: skip


def _some(manifest: Manifest) -> Manifest:
    if not manifest.films:
        raise ManifestError([f"{manifest.folder}: no film to use", *in_words(manifest.left_out)])
    return manifest


def in_words(left_out: Mapping[str, int]) -> Sequence[str]:
    """A line for each reason, the most frequent first."""
    ordered = sorted(left_out.items(), key=lambda item: (-item[1], item[0]))
    return [f"{count} film{'' if count == 1 else 's'} left out: {reason}" for reason, count in ordered]
