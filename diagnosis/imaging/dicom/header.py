"""Reads what a DICOM film's header says, and refuses what is no chest film; no pixel is decoded here."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from diagnosis.imaging.dicom import people
from diagnosis.imaging.dicom.body_parts import check_body_part
from diagnosis.imaging.dicom.elements import Elements, File, read_elements
from diagnosis.imaging.dicom.facts import DicomFacts
from diagnosis.imaging.dicom.kinds import MULTI_FRAME, SECONDARY, check_kind
from diagnosis.imaging.dicom.layout import PIXEL_TAGS, TABLES, PixelLayout, pixel_layout
from diagnosis.imaging.dicom.text import Text
from diagnosis.imaging.header.film import FilmHeader, FilmSource
from diagnosis.imaging.header.other_kinds import START, is_dicom, no_film
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

MEDIA_TYPE: Final = "application/dicom"
NO_TIME: Final = "without a time"
_REGION: Final = 0x00082218
_ENCRYPTED: Final = 0x04000500
_PEOPLE: Final = {0x00100010: "PatientName"}
_TEXTS: Final = {
    "patient_number": (0x00100020, "PatientID"),
    "issuer": (0x00100021, "IssuerOfPatientID"),
    "accession_number": (0x00080050, "AccessionNumber"),
    "description": (0x00081030, "StudyDescription"),
    "body_part": (0x00180015, "BodyPartExamined"),
    "manufacturer": (0x00080070, "Manufacturer"),
    "model": (0x00081090, "ManufacturerModelName"),
    "institution": (0x00080080, "InstitutionName"),
}
_MORE_TEXTS: Final = {
    "series_description": (0x0008103E, "SeriesDescription"),
    "protocol": (0x00181030, "ProtocolName"),
    "referring_physician": (0x00080090, "ReferringPhysicianName"),
    "study_id": (0x00200010, "StudyID"),
    "station": (0x00081010, "StationName"),
}
_MORE_WORDS: Final = {
    "series_number": 0x00200011,
    "instance_number": 0x00200013,
    "image_type": 0x00080008,
    "patient_orientation": 0x00200020,
    "age": 0x00101010,
    "magnification": 0x00181114,
    "exposure_kv": 0x00180060,
    "calibration": 0x00280A02,
    "pixel_aspect": 0x00280034,
}
_WORDS: Final = {
    "sop_class": 0x00080016, "sop_instance": 0x00080018, "study": 0x0020000D, "series": 0x0020000E,
    "modality": 0x00080060, "intent": 0x00080068, "sex": 0x00100040, "view": 0x00185101,
    "image_laterality": 0x00200062, "laterality": 0x00200060, "burnt_in": 0x00280301,
}  # fmt: skip
_MEDIA_CLASS, _MEDIA_INSTANCE = 0x00020002, 0x00020003
_BIRTH_DATE: Final = 0x00100030
_MOMENTS: Final = (  # of each, the day and the time; the first that is one
    ("AcquisitionDate", 0x00080022, 0x00080032),
    ("ContentDate", 0x00080023, 0x00080033),
    ("SeriesDate", 0x00080021, 0x00080031),
    ("StudyDate", 0x00080020, 0x00080030),
)
_ACQUIRED_AT, _ZONE = 0x0008002A, 0x00080201
_PIXEL_SPACING, _DETECTOR_SPACING, _SCANNED_SPACING = 0x00280030, 0x00181164, 0x00182010
_SEXES: Final = {"F": "female", "M": "male", "O": "other"}
WANTED: Final = (
    frozenset({tag for tag, _ in (*_TEXTS.values(), *_MORE_TEXTS.values())})
    | frozenset(_MORE_WORDS.values())
    | frozenset(_WORDS.values())
    | frozenset(_PEOPLE)
    | frozenset(tag for _, *tags in _MOMENTS for tag in tags)
    | {0x00080005, 0x00020010, _MEDIA_CLASS, _MEDIA_INSTANCE, _BIRTH_DATE, _ACQUIRED_AT, _ZONE}
    | {_PIXEL_SPACING, _DETECTOR_SPACING, _SCANNED_SPACING}
    | PIXEL_TAGS
)
SEQUENCES: Final = {
    _REGION: frozenset({0x00080100, 0x00080104}),
    _ENCRYPTED: frozenset[int](),
    **TABLES,
}


@dataclass(frozen=True)
class DicomHeader(FilmHeader):
    """A DICOM film's header. facts: what it says. pixels: where they lie and how they are stored."""

    facts: DicomFacts
    pixels: PixelLayout

    @property
    def extension(self) -> str:
        """The extension of the stored original, without the dot."""
        return "dcm"


def read_facts(stream: FilmSource, *, max_pixels: int, min_side: int, character_set: str = "") -> DicomHeader:
    """The header of a chest film, wherever the stream stands; it is left at any position.

    character_set: for text in a header that names none and is not ASCII. Raises FilmRefused: empty, no
    DICOM, no film or none of the chest, for processing, several frames, encrypted, no pixels, fewer bytes
    than its size needs, an unknown transfer syntax, too large, too small, damaged.
    """
    from diagnosis.imaging.header.inspection import check_size

    stream.seek(0)
    if not is_dicom(start := stream.read(START)):
        raise no_film(start)
    file = read_elements(stream, WANTED, SEQUENCES)
    facts = _facts(file, character_set)
    _check(file, facts)
    pixels = pixel_layout(file)
    header = DicomHeader(MEDIA_TYPE, pixels.columns, pixels.rows, _with_pixels(facts, file, pixels), pixels)
    check_size(header, max_pixels, min_side)
    return header


def read_pixel_layout(stream: FilmSource) -> PixelLayout:
    """Where a DICOM image's pixels lie, of whatever kind it is. Raises FilmRefused."""
    return pixel_layout(read_elements(stream, WANTED, SEQUENCES))


def _check(file: File, facts: DicomFacts) -> None:
    words = Text(file.found)
    check_kind(facts.sop_class, facts.modality, words.plain(_WORDS["intent"]))
    if _ENCRYPTED in file.found.first:
        raise FilmRefused(
            Refusal.ENCRYPTED, "The film's header is encrypted, so it does not say whose it is.",
            "Send it as the X-ray system made it, without encryption.",
        )  # fmt: skip
    if not (facts.sop_instance_uid and facts.study_instance_uid):
        raise FilmRefused(
            Refusal.NO_IDENTIFIERS,
            "The DICOM file has no identifiers: its SOP or study instance UID is missing.",
            EXPORT_AGAIN,
        )
    region = file.found.first.get(_REGION, Elements())
    check_body_part(
        words.raw(0x00180015), words.plain(0x00080100, within=region), words.plain(0x00080104, within=region)
    )


def _facts(file: File, character_set: str) -> DicomFacts:
    text = Text(file.found, character_set)
    words = {name: text.plain(tag) for name, tag in _WORDS.items()}
    meta = Text(file.meta)
    told = {name: text.text(tag, keyword) for name, (tag, keyword) in _TEXTS.items()}
    full_name = text.text(0x00100010, "PatientName")
    last_name, first_name = people.names(full_name)
    birth_date, birth_year = _birth(text)
    spacing, at_detector = _spacing(text)
    more = {name: text.text(tag, keyword) for name, (tag, keyword) in _MORE_TEXTS.items()}
    more |= {name: text.plain(tag) for name, tag in _MORE_WORDS.items()}
    more["titles"] = people.titles(full_name)
    projection = words["view"].upper() if words["view"].upper() in ("PA", "AP") else ""
    more["view_position"] = "" if projection else words["view"]
    taken_at, more["taken_at_from"] = _taken_at(text)
    facts = DicomFacts(
        sop_class=_uid(words["sop_class"]) or _uid(meta.plain(_MEDIA_CLASS)),
        sop_instance_uid=_uid(words["sop_instance"]) or _uid(meta.plain(_MEDIA_INSTANCE)),
        study_instance_uid=_uid(words["study"]),
        series_instance_uid=_uid(words["series"]),
        transfer_syntax=file.declared,
        modality=words["modality"].upper(),
        last_name=last_name,
        first_name=first_name,
        full_name=full_name,
        birth_date=birth_date,
        birth_year=birth_year,
        sex=_SEXES.get(words["sex"].upper(), "unknown"),
        taken_at=taken_at,
        projection=projection,
        laterality=words["image_laterality"] or words["laterality"],
        character_set=text.character_set,
        assumed=text.assumed,
        burnt_in={"YES": True, "NO": False}.get(words["burnt_in"].upper()),
        spacing=spacing,
        at_detector=at_detector,
        unreadable=text.unreadable,
        more={name: value for name, value in more.items() if value},
        **told,
    )
    return facts


def _with_pixels(facts: DicomFacts, file: File, pixels: PixelLayout) -> DicomFacts:
    """The facts and, of the pixels, what tells a reader something."""
    more = facts.more | {"photometric": pixels.photometric, "bits": str(pixels.stored)}
    if facts.sop_class in MULTI_FRAME | {SECONDARY}:
        more["secondary_capture"] = "yes"
    if pixels.syntax != file.declared:
        more["transfer_syntax_found"] = pixels.syntax
    return replace(facts, transfer_syntax=facts.transfer_syntax or pixels.syntax, more=more)


def _uid(value: str) -> str:
    """An identifier; "" for what is none."""
    value = value.split("\\")[0].strip()
    return value if 0 < len(value) <= 64 and value.replace(".", "").isdigit() and value.isascii() else ""


def _birth(text: Text) -> tuple[date | None, int | None]:
    raw = text.raw(_BIRTH_DATE)
    if not raw:
        return None, None
    read = people.day(raw)
    if read is not None:
        return read, read.year
    text.unreadable["PatientBirthDate"] = raw
    return None, people.year(raw)


def _taken_at(text: Text) -> tuple[datetime | None, str]:
    """The first moment that the header names, at a time of that day if any is told; and what names it."""
    found = list(_moments(text))
    if not found:
        return None, ""
    first = found[0]
    same_day = (one for one in found if one[0].date() == first[0].date() and one[1])
    taken, has_time, keyword = next(same_day, first)
    if taken.tzinfo is None:
        taken = taken.replace(tzinfo=people.zone(text.plain(_ZONE)))
    return taken, keyword if has_time else f"{keyword}, {NO_TIME}"


def _moments(text: Text) -> Iterator[tuple[datetime, bool, str]]:
    """Each moment, whether its time is told, and the keyword of its day."""
    if at_once := people.moment_at_once(text.plain(_ACQUIRED_AT)):
        yield *at_once, "AcquisitionDateTime"
    for keyword, day, time in _MOMENTS:
        raw = text.raw(day)
        if read := people.moment(raw, text.plain(time)):
            yield *read, keyword
        elif raw:
            text.unreadable[keyword] = raw


def _spacing(text: Text) -> tuple[tuple[float, float] | None, bool]:
    """Millimetres a pixel, and whether they are the detector's: then things in the body are smaller."""
    detector = _pair(text.plain(_DETECTOR_SPACING))
    for tag in (_PIXEL_SPACING, _SCANNED_SPACING):
        if pair := _pair(text.plain(tag)):
            return pair, tag == _PIXEL_SPACING and pair == detector
    return detector, detector is not None


def _pair(value: str) -> tuple[float, float] | None:
    try:
        down, across = (float(part) for part in value.split("\\"))
    except ValueError:
        return None
    return (down, across) if 0 < down < 100 and 0 < across < 100 else None
