"""Every attribute of PS3.15's table, and what no table lists: none of it says who it is."""

import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from diagnosis.imaging.dicom.basic_profile import ACTIONS
from diagnosis.imaging.dicom.deidentify import Wish, deidentify, other_uid

SECRET = "SECRET"
WISH = Wish(b"k" * 32)
VALUES = {
    "AE": SECRET, "AS": "047Y", "CS": SECRET, "DA": "19700203", "DS": "47.11", "DT": "19700203111213",
    "FD": 47.11,
    "FL": 47.5, "IS": "4711", "LO": SECRET, "LT": SECRET, "OB": b"SECRET", "OW": b"SECRET", "OF": b"SECRETSE",
    "OD": b"SECRETSE", "OL": b"SECRETSE", "OV": b"SECRETSE", "PN": SECRET, "SH": SECRET, "SL": 4711,
    "SS": 4711,
    "ST": SECRET, "TM": "111213", "UC": SECRET, "UI": "1.2.3.4711", "UL": 4711, "UN": b"SECRET", "UR": SECRET,
    "US": 4711, "UT": SECRET, "AT": 0x00080018,
}  # fmt: skip
# What an image must have, whatever else it says.
NEEDED = {"PatientID", "SOPInstanceUID", "SOPClassUID"}


def a_film() -> Dataset:
    film = Dataset()
    film.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    film.SOPInstanceUID = "1.2.3.4"
    film.PatientID = "P-1"
    return film


def with_secret(keyword: str) -> tuple[Dataset, Tag]:
    film = a_film()
    tag = Tag(tag_for_keyword(keyword) or int(keyword, 16))
    kind = dictionary_VR(tag).split(" ")[0] if dictionary_has_tag(tag) else "LO"
    if kind == "SQ":
        item = Dataset()
        item.PatientName = SECRET
        item.ReferencedSOPInstanceUID = "1.2.3.4711"
        film.add_new(tag, "SQ", Sequence([item]))
    else:
        film.add(DataElement(tag, kind, VALUES[kind]))
    return film, tag


def leaks(clean: Dataset) -> bool:
    return any(
        trace in str(clean) for trace in (SECRET, "4711", "47.11", "47.5", "19700203", "111213", "047Y")
    )


@pytest.mark.parametrize("keyword", sorted(ACTIONS))
def test_what_the_table_says_is_done(keyword: str) -> None:
    film, tag = with_secret(keyword)
    before = film[tag].value
    clean = deidentify(film, WISH)
    action = ACTIONS[keyword]
    if keyword in NEEDED:
        assert clean[tag].value not in ("", before)
        return
    if action == "X" or tag.group <= 2:  # meta information is made anew
        assert tag not in clean
    elif action in ("Z", "X/Z"):
        assert clean[tag].is_empty or not len(clean[tag].value), "emptied"
    else:
        assert tag in clean
        assert clean[tag].VR == "SQ" or clean[tag].value != before
    assert not leaks(clean)


def test_the_table_is_whole() -> None:
    counts = {action: list(ACTIONS.values()).count(action) for action in set(ACTIONS.values())}
    assert counts == {
        "Z": 42,
        "D": 93,
        "U": 55,
        "X": 412,
        "Z/D": 6,
        "X/Z": 11,
        "X/D": 23,
        "X/Z/D": 8,
        "X/Z/U*": 2,
    }


# Looked up in the standard's own pages, apart from where the table was taken from.
LOOKED_UP = {
    "Z": "PatientName PatientBirthDate PatientSex StudyDate StudyTime AccessionNumber StudyID "
    "ReferringPhysicianName ConsultingPhysicianName",
    "Z/D": "PatientID ContentDate ContentTime",
    "X": "PatientAge PatientSize PatientWeight EthnicGroup OtherPatientIDs OtherPatientIDsSequence "
    "OtherPatientNames PatientAddress PatientTelephoneNumbers PatientComments AdditionalPatientHistory "
    "Occupation PregnancyStatus SmokingStatus IssuerOfPatientID StudyDescription SeriesDescription "
    "ImageComments DerivationDescription InstitutionAddress InstitutionalDepartmentName "
    "PerformingPhysicianName NameOfPhysiciansReadingStudy RequestingPhysician ReasonForStudy "
    "AdmittingDiagnosesDescription RequestAttributesSequence PlateID CassetteID GantryID "
    "OriginalAttributesSequence IconImageSequence TimezoneOffsetFromUTC",
    "X/D": "SeriesDate SeriesTime InstanceCreationDate ProtocolName DetectorID "
    "AcquisitionDeviceProcessingDescription",
    "X/Z": "AcquisitionDate AcquisitionTime RequestedProcedureDescription ReferencedStudySequence",
    "X/Z/D": "InstitutionName StationName DeviceSerialNumber OperatorsName AcquisitionDateTime "
    "InstanceCreationTime",
    "X/Z/U*": "SourceImageSequence",
    "U": "StudyInstanceUID SeriesInstanceUID SOPInstanceUID MediaStorageSOPInstanceUID FrameOfReferenceUID "
    "ReferencedSOPInstanceUID",
    "D": "PersonName VerifyingObserverName VerifyingObserverSequence ContentSequence EncapsulatedDocument",
}


def test_the_table_says_what_the_standard_says() -> None:
    assert {
        action: [name for name in names.split() if ACTIONS.get(name) != action]
        for action, names in LOOKED_UP.items()
    } == {action: [] for action in LOOKED_UP}


def test_free_text_that_an_object_must_have_is_emptied() -> None:
    film, tag = with_secret("PositionReferenceIndicator")
    assert deidentify(film, WISH)[tag].is_empty


def test_bytes_that_make_no_picture_go() -> None:
    film = a_film()
    film.ICCProfile = b"desc Secret Hospital"
    film.add_new(0x7FE00010, "OW", b"\1\2")
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [2, 0, 16], "US"
    table.add_new(0x00283006, "OW", b"\1\2\3\4")
    film.ModalityLUTSequence = Sequence([table])
    clean = deidentify(film, WISH)
    assert "ICCProfile" not in clean
    assert (clean.PixelData, clean.ModalityLUTSequence[0].LUTData) == (b"\1\2", b"\1\2\3\4")


def test_private_elements_curves_overlays_and_padding_go() -> None:
    film = a_film()
    block = film.private_block(0x0009, "VENDOR", create=True)
    block.add_new(0x01, "LO", SECRET)
    for tag, kind in (
        (0x60003000, "OW"),
        (0x60000010, "US"),
        (0x60020022, "LO"),
        (0x50000010, "US"),
        (0xFFFCFFFC, "OB"),
    ):
        film.add(DataElement(tag, kind, VALUES[kind]))
    item = Dataset()
    item.private_block(0x0011, "VENDOR", create=True).add_new(0x02, "LO", SECRET)
    film.AnatomicRegionSequence = Sequence([item])
    clean = deidentify(film, WISH)
    assert not leaks(clean)
    assert {element.tag.group for element in clean} <= {0x0008, 0x0010, 0x0012, 0x0028}


@pytest.mark.parametrize(
    "keyword", ["DetectorDescription", "TransducerData", "PersonTelephoneNumbers", "ContainerDescription"]
)
def test_free_text_that_the_table_does_not_list_is_not_let_through(keyword: str) -> None:
    film, _ = with_secret(keyword)
    assert not leaks(deidentify(film, WISH))


def test_what_describes_the_picture_stays() -> None:
    film = a_film()
    film.BodyPartExamined, film.ViewPosition, film.KVP, film.Manufacturer = "CHEST", "PA", "120", "Maker"
    film.PixelSpacing, film.WindowCenter, film.PhotometricInterpretation = [0.2, 0.2], "500", "MONOCHROME1"
    clean = deidentify(film, WISH)
    assert (clean.BodyPartExamined, clean.ViewPosition, clean.KVP) == ("CHEST", "PA", 120)
    assert (clean.Manufacturer, clean.PixelSpacing, clean.WindowCenter) == ("Maker", [0.2, 0.2], 500)
    assert clean.PhotometricInterpretation == "MONOCHROME1"


def test_identifiers_fit_together_in_one_export_and_in_no_other() -> None:
    film = a_film()
    film.StudyInstanceUID = "1.2.3"
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3.4"
    film.SourceImageSequence = Sequence([item])
    clean, other = deidentify(film, WISH), deidentify(film, Wish(b"o" * 32))
    reference = clean.SourceImageSequence[0]
    assert clean.SOPInstanceUID == reference.ReferencedSOPInstanceUID == other_uid("1.2.3.4", WISH.key)
    assert clean.SOPInstanceUID == clean.file_meta.MediaStorageSOPInstanceUID
    assert clean.SOPClassUID == reference.ReferencedSOPClassUID == film.SOPClassUID
    assert clean.SOPInstanceUID != other.SOPInstanceUID
    assert clean.PatientID == deidentify(film, WISH).PatientID != other.PatientID
    assert len(clean.SOPInstanceUID) <= 64


def test_it_says_what_was_done() -> None:
    clean = deidentify(a_film(), WISH)
    assert (clean.PatientIdentityRemoved, clean.LongitudinalTemporalInformationModified) == ("YES", "REMOVED")
    assert "PS3.15" in clean.DeidentificationMethod
    assert [item.CodeValue for item in clean.DeidentificationMethodCodeSequence] == ["113100"]


@pytest.mark.parametrize(
    ("age", "born", "kept"),
    [
        ("047Y", "", "047Y"),
        ("", "19790203", "046Y"),
        ("095Y", "", "090Y"),
        ("010M", "", "000Y"),
        ("", "", None),
    ],
)
def test_sex_and_age_stay_only_where_somebody_asks(age: str, born: str, kept: str | None) -> None:
    film = a_film()
    film.PatientSex, film.PatientAge, film.PatientBirthDate, film.StudyDate = "F", age, born, "20260202"
    without = deidentify(film, WISH)
    assert not without.PatientSex
    assert "PatientAge" not in without
    clean = deidentify(film, Wish(WISH.key, sex_and_age=True))
    assert (clean.PatientSex, clean.get("PatientAge"), clean.PatientBirthDate) == ("F", kept, None)
    assert "113108" in [item.CodeValue for item in clean.DeidentificationMethodCodeSequence]
