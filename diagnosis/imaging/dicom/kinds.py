"""Which kinds of DICOM objects are films, and what is said of those that are not."""

from typing import Final

from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
CR: Final = _STORAGE + "1"
DX: Final = _STORAGE + "1.1"
SECONDARY: Final = _STORAGE + "7"
# one frame is taken of these
MULTI_FRAME: Final = frozenset({_STORAGE + "7.2", _STORAGE + "7.3", _STORAGE + "7.4"})
FILMS: Final = frozenset({CR, DX, SECONDARY}) | MULTI_FRAME
_FOR_PROCESSING: Final = frozenset({_STORAGE + "1.1.1", _STORAGE + "1.2.1", _STORAGE + "1.3.1"})
_DICOMDIR: Final = "1.2.840.10008.1.3.10"
_SEND_FILMS: Final = "Send the chest film itself, as CR, DX for presentation, or Secondary Capture."
_DOCUMENTS: Final = (
    ("104.", "an encapsulated document, such as a PDF"),
    ("88.59", "a key object selection"),
    ("88.", "a structured report"),
    ("11.", "a presentation state"),
    ("66.", "a segmentation or registration"),
    ("9.", "a waveform or sound"),
    ("67", "real world value mapping"),
    ("78.", "an ophthalmic measurement"),
)
_IMAGES: Final = (
    ("1.2", "a mammogram"),
    ("1.3", "a dental X-ray"),
    ("2", "a CT image"),
    ("3", "an ultrasound recording"),
    ("4", "an MR image"),
    ("6", "an ultrasound image"),
    ("12", "an angiogram or fluoroscopy"),
    ("13", "an X-ray tomogram"),
    ("20", "a nuclear medicine image"),
    ("77", "a photograph, a microscope image or a video"),
    ("128", "a PET image"),
    ("130", "a PET image"),
    ("481", "a radiotherapy object"),
)
# Of secondary captures, whose class does not say what they show.
_OTHER_MODALITIES: Final = {
    "CT": "a CT image", "MR": "an MR image", "US": "an ultrasound image", "MG": "a mammogram",
    "NM": "a nuclear medicine image", "PT": "a PET image", "XA": "an angiogram", "RF": "a fluoroscopy",
    "ES": "an endoscopy", "XC": "a photograph", "GM": "a microscope image", "SM": "a microscope image",
    "IO": "a dental X-ray", "PX": "a dental X-ray", "SR": "a report", "DOC": "a document",
    "ECG": "an electrocardiogram", "OP": "a photograph of an eye", "OPT": "a photograph of an eye",
    "BMD": "a bone density measurement", "RTIMAGE": "a radiotherapy image", "RTDOSE": "a radiotherapy dose",
    "RTPLAN": "a radiotherapy plan", "RTSTRUCT": "a radiotherapy structure set",
}  # fmt: skip


def check_kind(sop_class: str, modality: str, intent: str) -> None:
    """Raise FilmRefused, typed, unless objects of this class can be films."""
    if sop_class == _DICOMDIR:
        raise FilmRefused(
            Refusal.DICOMDIR, "The file is a DICOMDIR, the list of a medium's files; it holds no film.",
            "Nothing need be done; the films beside it are taken on their own.",
        )  # fmt: skip
    if sop_class in _FOR_PROCESSING or (sop_class in FILMS and intent == "FOR PROCESSING"):
        raise FilmRefused(
            Refusal.FOR_PROCESSING,
            "The file holds raw detector data (for processing), which no doctor would read.",
            "Let the X-ray system send the image for presentation.",
        )
    if sop_class in FILMS:
        kind = _OTHER_MODALITIES.get(modality)
        if kind and sop_class in MULTI_FRAME | {SECONDARY}:
            raise FilmRefused(Refusal.OTHER_MODALITY, f"The file is {kind}, not a chest film.", _SEND_FILMS)
        return
    raise _other(sop_class)


def _other(sop_class: str) -> FilmRefused:
    from pydicom.uid import UID

    rest = sop_class.removeprefix(_STORAGE)
    if rest != sop_class:
        for beginning, kind in _DOCUMENTS:
            if f"{rest}.".startswith(beginning):
                return FilmRefused(Refusal.NO_FILM, f"The file is {kind}, not a film.", _SEND_FILMS)
        for beginning, kind in _IMAGES:
            if f"{rest}.".startswith(f"{beginning}."):
                return FilmRefused(
                    Refusal.OTHER_MODALITY, f"The file is {kind}, not a chest film.", _SEND_FILMS
                )
    if not sop_class:
        return FilmRefused(
            Refusal.NO_IDENTIFIERS,
            "The DICOM file does not say what it is: it has no SOP class.",
            EXPORT_AGAIN,
        )
    name = UID(sop_class, validation_mode=0).name
    told = name if name == sop_class else f"{name} ({sop_class})"
    return FilmRefused(
        Refusal.OTHER_MODALITY, f"The file is of a kind not read here: {told[:160]}.", _SEND_FILMS
    )
