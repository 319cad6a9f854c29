"""What ought to be harmless and still names the patient keeps a film from going out without names."""

import io
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from diagnosis.imaging.dicom.deidentify import Wish, deidentify, other_uid
from diagnosis.imaging.dicom.left_over import still_named
from diagnosis.imaging.dicom.nameless import HeldBack, nameless_film
from tests.dicom_films import make_film

KEY = b"k" * 32


def film_with(**tags: Any) -> Dataset:
    return dcmread(io.BytesIO(make_film(patient="PN-48151", name="Müller-Byron^Ada^^Dr", **tags)))


def told(film: Dataset) -> str:
    return still_named(deidentify(film, Wish(KEY)), film)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("BodyPartExamined", "BYRON"),
        ("Manufacturer", "for Ada"),
        ("SoftwareVersions", ["1.0", "müller"]),
        ("ImageType", ["ORIGINAL", "PN-48151"]),
    ],
)
def test_a_name_or_number_in_an_attribute_that_stays_is_found(keyword: str, value: Any) -> None:
    assert told(film_with(**{keyword: value})) == keyword


def test_so_is_one_in_a_code(tmp_path: Path) -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99LOCAL", "Chest of Byron"
    film = film_with(AnatomicRegionSequence=Sequence([code]))
    assert told(film) == "CodeMeaning"


def test_a_word_that_only_contains_a_name_is_none() -> None:
    assert told(film_with(BodyPartExamined="ADAPTER", Manufacturer="Byronics")) == ""


def test_a_film_that_names_its_patient_all_the_same_is_held_back(tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(make_film(name="Byron^Ada", BodyPartExamined="BYRON"))
    reader: Any = lambda picture: []  # noqa: E731  (no letters)
    with pytest.raises(HeldBack, match="BodyPartExamined"):
        nameless_film(path, Wish(KEY), reader, record=None, max_pixels=10**7)


def test_an_identifier_is_the_standards_own_only_if_the_standard_lists_it() -> None:
    assert other_uid("1.2.840.10008.1.2.1", KEY) == "1.2.840.10008.1.2.1"
    assert other_uid("1.2.840.10008.48151", KEY).startswith("2.25.")
