"""Studies, series and films as DICOM JSON, by the record: what a person corrected here is what is told."""

import io
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO, Final

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.filereader import read_dataset

from diagnosis import births
from diagnosis.imaging.dicom.elements import PIXELS
from diagnosis.imaging.dicom.header import read_pixel_layout
from diagnosis.imaging.dicom.inflated import Inflated
from diagnosis.models import Patient, Scan, Study

SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
LONGEST: Final = 4096  # bytes of a value that is told
_LONGEST_HEADER: Final = 4 * 1024**2  # of a deflated file
_LEFT_OUT: Final = "left out"
_SEX: Final = {"female": "F", "male": "M", "other": "O"}

Json = dict[str, dict[str, Any]]


def as_json(values: dict[str, Any]) -> Json:
    """The DICOM JSON model of values by keyword; what is empty is told as known to be empty."""
    told: Json = {}
    for keyword, value in values.items():
        tag = tag_for_keyword(keyword)
        assert tag is not None
        vr = dictionary_VR(tag)
        element: dict[str, Any] = {"vr": vr}
        entries = value if isinstance(value, list) else [value]
        entries = [
            {"Alphabetic": entry} if vr == "PN" else entry for entry in entries if entry not in ("", None)
        ]
        if entries:
            element["Value"] = entries
        told[f"{tag:08X}"] = element
    return dict(sorted(told.items()))


def of_patient(patient: Patient) -> dict[str, Any]:
    """The patient's attributes, by keyword."""
    name = "^".join(part.replace("^", " ") for part in (patient.last_name, patient.first_name)).rstrip("^")
    return {
        "PatientName": name,
        "PatientID": patient.number,
        "PatientBirthDate": birth_day(patient),
        "PatientSex": _SEX.get(patient.sex, ""),
    }


def birth_day(patient: Patient) -> str:
    """The birth date as DICOM writes it; empty where only a part of it is known, or an estimate."""
    known = patient.birth_date or ""
    return known.replace("-", "") if len(known) == births.LONGEST and not patient.birth_estimated else ""


def of_study(study: Study) -> dict[str, Any]:
    """The study's own attributes and its patient's, by keyword."""
    taken = study.taken_at.astimezone(study.clinic.zone)
    return {
        "StudyDate": taken.strftime("%Y%m%d"),
        "StudyTime": taken.strftime("%H%M%S"),
        "AccessionNumber": study.accession_number,
        "StudyInstanceUID": study.instance_uid,
        "ReferringPhysicianName": "",
        "StudyID": "",
        **of_patient(study.patient),
    }


def study_row(study: Study, films: Sequence[Scan], address: str) -> Json:
    """A study as a search tells it (PS3.18, table 10.6.3-3)."""
    return as_json(
        of_study(study)
        | {
            "ModalitiesInStudy": sorted({modality_of(film) for film in films}),
            "InstanceAvailability": "ONLINE",
            "StudyDescription": study.reason[:64],
            "RetrieveURL": address,
            "NumberOfStudyRelatedSeries": len({film.series_instance_uid for film in films}),
            "NumberOfStudyRelatedInstances": len(films),
        }
    )


def series_row(study: Study, series: str, films: Sequence[Scan], address: str) -> Json:
    """A series as a search tells it (PS3.18, table 10.6.3-4)."""
    return as_json(
        {
            "Modality": modality_of(films[0]),
            "InstanceAvailability": "ONLINE",
            "RetrieveURL": address,
            "StudyInstanceUID": study.instance_uid,
            "SeriesInstanceUID": series,
            "SeriesNumber": "",
            "NumberOfSeriesRelatedInstances": len(films),
        }
    )


def instance_row(study: Study, film: Scan, address: str) -> Json:
    """A film as a search tells it (PS3.18, table 10.6.3-5)."""
    return as_json(
        {
            "SOPClassUID": class_of(film),
            "SOPInstanceUID": film.sop_instance_uid,
            "InstanceAvailability": "ONLINE",
            "Modality": modality_of(film),
            "RetrieveURL": address,
            "StudyInstanceUID": study.instance_uid,
            "SeriesInstanceUID": film.series_instance_uid,
            "InstanceNumber": "",
            "Rows": film.height,
            "Columns": film.width,
        }
    )


def modality_of(film: Scan) -> str:
    """The film's modality; OT, "other", for a picture, which does not say what took it."""
    return str(film.header.get("modality") or "OT")


def class_of(film: Scan) -> str:
    return str(film.header.get("sop_class") or SECONDARY_CAPTURE)


def by_series(films: Iterable[Scan]) -> dict[str, list[Scan]]:
    """The films of each series, in order."""
    found: dict[str, list[Scan]] = {}
    for film in films:
        found.setdefault(film.series_instance_uid, []).append(film)
    return found


def metadata(film: Scan, file: BinaryIO) -> Json:
    """All of a film's header but pixels and other long values; patient and study as on record.

    Raises pydicom's errors if the header cannot be read, and ValueError if it is too long to be told.
    """
    dataset = _header_of(file)
    told: Json = dataset.to_json_dict(LONGEST, lambda element: _LEFT_OUT, suppress_invalid_tags=True)
    told = {tag: element for tag, element in told.items() if element.get("BulkDataURI") != _LEFT_OUT}
    told |= as_json(of_study(film.study))  # the record's word goes before the file's
    told |= as_json(
        {
            "SOPClassUID": class_of(film),
            "SOPInstanceUID": film.sop_instance_uid,
            "SeriesInstanceUID": film.series_instance_uid,
        }
    )
    return dict(sorted(told.items()))


def _header_of(file: BinaryIO) -> Dataset:
    """What stands before the pixels, of a deflated file too: pydicom would inflate all of it at once."""
    layout = read_pixel_layout(file)
    file.seek(0)
    if not isinstance(layout.source, Inflated):
        return dcmread(file, stop_before_pixels=True, force=True)
    length = min(offset for offset, _ in layout.spans)
    if length > _LONGEST_HEADER:
        raise ValueError("the header is too long to be told")
    layout.source.seek(0)
    before = io.BytesIO(layout.source.read(length))
    return read_dataset(before, False, True, stop_when=lambda tag, *_: tag in PIXELS)
