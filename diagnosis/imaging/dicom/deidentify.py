"""Takes out of a DICOM film who it is of: the Basic Application Confidentiality Profile of PS3.15, annex E.

Beyond the table (`basic_profile`) everything goes that could name somebody and is not known to be harmless:
private elements, overlays, curves, and attributes that the table does not know whose kind of value holds
names, dates or free text. So an attribute that a later standard or a vendor invents is removed, not let
through. Identifiers are replaced by a keyed digest: the same within one export, so that films of one patient,
study and series stay together, and nothing that anybody could turn back once the key is thrown away.

Header only: the pixels are `clean_pixels`, the letters burnt into them `burnt_in`.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import UID

from diagnosis.imaging.dicom.basic_profile import ACTIONS
from diagnosis.imaging.dicom.secondary_capture import meta_of

METHOD: Final = "Carina: PS3.15 2026c Basic Application Confidentiality Profile"
CODES: Final = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113108": "Retain Patient Characteristics Option",
}
_OLDEST: Final = 89  # from 90 on an age alone can point to somebody

# Kept only where its values are harmless by the standard; the table does not list these.
_HARMLESS: Final = (
    "SpecificCharacterSet Manufacturer ManufacturerModelName SoftwareVersions CodeValue CodingSchemeVersion "
    "CodingSchemeDesignator CodeMeaning LossyImageCompressionMethod ConvolutionKernel"
)
_KEPT_TEXT: Final = frozenset(_HARMLESS.split())
# Some kinds of object must have it, if only empty.
_EMPTIED: Final = frozenset({"PositionReferenceIndicator"})
_MAY_NAME_SOMEBODY: Final = frozenset({"AE", "AS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UN",
                                       "UR", "UT"})  # fmt: skip
# Bytes that make the picture; any others (colour profiles, audio, what a vendor put there) may hold text.
_BYTES: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW"})
_KEPT_BYTES: Final = frozenset(
    {"PixelData", "LUTData", *(f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue"))}
)
_STANDARD: Final = "1.2.840.10008."  # identifiers of the standard itself: classes, syntaxes, templates
_DUMMIES: Final[dict[str, Any]] = {
    "AE": "REMOVED", "AS": "000Y", "CS": "REMOVED", "DA": "19000101", "DS": "0", "DT": "19000101000000",
    "IS": "0", "LO": "REMOVED", "LT": "REMOVED", "PN": "Removed", "SH": "REMOVED", "ST": "REMOVED",
    "TM": "000000", "UC": "REMOVED", "UR": "urn:removed", "UT": "REMOVED", "FD": 0.0, "FL": 0.0, "SL": 0,
    "SS": 0, "UL": 0, "US": 0, "SV": 0, "UV": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """How to de-identify. key: makes identifiers of identifiers; thrown away, nobody can go back."""

    key: bytes
    sex_and_age: bool = False


def deidentify(film: Dataset, wish: Wish) -> Dataset:
    """A copy of the film without who it is of, and with meta information of its own.

    Its pixel data is as it was: see the module's head.
    """
    clean = _cleaned(film, wish)
    clean.PatientID = pseudonym(film, wish.key)
    if wish.sex_and_age:
        _keep_characteristics(clean, film)
    clean.PatientIdentityRemoved = "YES"
    clean.LongitudinalTemporalInformationModified = "REMOVED"
    clean.DeidentificationMethod = METHOD
    _name_codes(clean, ["113100", *(["113108"] if wish.sex_and_age else [])])
    clean.file_meta = meta_of(str(clean.SOPClassUID), str(clean.SOPInstanceUID))
    return clean


def add_code(clean: Dataset, code: str) -> None:
    """Say that one more option of the profile was applied."""
    told = [item.CodeValue for item in clean.DeidentificationMethodCodeSequence]
    _name_codes(clean, [*told, code])


def pseudonym(film: Dataset, key: bytes) -> str:
    """What stands in the patient number's place: the same for all films of a patient in one export."""
    who = "\0".join(str(film.get(name, "")) for name in ("PatientID", "IssuerOfPatientID"))
    return f"CARINA-{_digest(key, 'patient', who)[:16]}"


def other_uid(uid: str, key: bytes) -> str:
    """What stands in an identifier's place; identifiers of the standard itself stay."""
    if not uid or UID(uid).name != uid:
        return uid
    return f"2.25.{int(_digest(key, 'uid', uid)[:32], 16)}"


def _digest(key: bytes, kind: str, text: str) -> str:
    return hmac.new(key, f"{kind}\0{text}".encode(), hashlib.sha256).hexdigest()


def _cleaned(film: Dataset, wish: Wish) -> Dataset:
    clean = Dataset()
    for tag in sorted(film.keys()):
        if _is_left_out(tag):
            continue
        element = film[tag]
        done = _RULES[_rule(element)](element, wish)
        if done is not None:
            clean.add(done)
    return clean


def _is_left_out(tag: BaseTag) -> bool:
    """Meta information, private elements, curves, overlays, group lengths and padding."""
    hidden = tag.group % 2 or tag.group <= 2 or 0x5000 <= tag.group <= 0x50FF or 0x6000 <= tag.group <= 0x60FF
    return bool(hidden or tag.element == 0 or tag == 0xFFFCFFFC)


def _rule(element: DataElement) -> str:
    keyword = keyword_for_tag(element.tag)
    listed = ACTIONS.get(keyword) or ACTIONS.get(f"{int(element.tag):08X}")
    if listed:
        return listed
    if not keyword or (element.VR in _BYTES and keyword not in _KEPT_BYTES):
        return "X"
    if element.VR in _MAY_NAME_SOMEBODY and keyword not in _KEPT_TEXT:
        return "Z" if keyword in _EMPTIED else "X"  # unknown to the table and able to name somebody
    return "U" if element.VR == "UI" else "keep"


def _kept(element: DataElement, wish: Wish) -> DataElement | None:
    if element.VR != "SQ":
        return DataElement(element.tag, element.VR, element.value)
    items = [_cleaned(item, wish) for item in element.value or ()]
    return DataElement(element.tag, "SQ", Sequence(items))


def _emptied(element: DataElement, _wish: Wish) -> DataElement:
    return DataElement(element.tag, element.VR, Sequence() if element.VR == "SQ" else None)


def _replaced(element: DataElement, wish: Wish) -> DataElement:
    """A dummy of the same kind; of a sequence, one without items."""
    if element.VR == "UI":
        return _renamed(element, wish)
    if element.VR not in _DUMMIES:
        return _emptied(element, wish)
    return DataElement(element.tag, element.VR, _DUMMIES[element.VR])


def _renamed(element: DataElement, wish: Wish) -> DataElement:
    """Other identifiers; of a sequence, in each of its items."""
    if element.VR == "SQ":
        return _kept(element, wish) or _emptied(element, wish)
    if element.VR != "UI":
        return _emptied(element, wish)
    many = [element.value] if isinstance(element.value, str) else list(element.value or ())
    others = [UID(other_uid(str(uid), wish.key)) for uid in many]
    return DataElement(element.tag, "UI", others[0] if len(others) == 1 else others or None)


def _removed(_element: DataElement, _wish: Wish) -> None:
    return None


# Where the table leaves a choice, the one that is valid whatever kind of object asks.
_RULES: Final[dict[str, Callable[[DataElement, Wish], DataElement | None]]] = {
    "keep": _kept,
    "X": _removed,
    "Z": _emptied,
    "D": _replaced,
    "U": _renamed,
    "Z/D": _replaced,
    "X/Z": _emptied,
    "X/D": _replaced,
    "X/Z/D": _replaced,
    "X/Z/U*": _renamed,
}


def _keep_characteristics(clean: Dataset, film: Dataset) -> None:
    """Sex, and age in years: by the header's own word, else by birth date and study date."""
    sex = str(film.get("PatientSex", "") or "").upper()
    clean.PatientSex = sex if sex in ("M", "F", "O") else ""
    years = _years(film)
    if years is not None:
        clean.PatientAge = f"{min(years, _OLDEST + 1):03d}Y"


def _years(film: Dataset) -> int | None:
    told = str(film.get("PatientAge", "") or "").strip().upper()
    if len(told) == 4 and told[:3].isdecimal() and told[3] in "DWMY":
        return int(told[:3]) // {"D": 365, "W": 52, "M": 12, "Y": 1}[told[3]]
    born, taken = (str(film.get(name, "") or "").strip() for name in ("PatientBirthDate", "StudyDate"))
    if not all(len(day) == 8 and day.isdecimal() for day in (born, taken)):
        return None
    years = int(taken[:4]) - int(born[:4]) - (taken[4:] < born[4:])
    return years if 0 <= years <= 130 else None


def _name_codes(clean: Dataset, codes: list[str]) -> None:
    items = []
    for code in dict.fromkeys(codes):
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", CODES[code]
        items.append(item)
    clean.DeidentificationMethodCodeSequence = Sequence(items)
