"""What a DICOM film says of itself, in text that is known to be text."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class DicomFacts:
    """The facts of one film's header; empty where the header does not say, or says what cannot be read.

    sop_class, sop_instance_uid, study_instance_uid, series_instance_uid, transfer_syntax: identifiers, dots
    and digits. patient_number: Patient ID, issuer: who gave it. last_name, first_name: of the alphabetic
    component group; full_name: all component groups, as written. birth_date: only where it is a day;
    birth_year where at least that can be read. sex: "female", "male", "other" or "unknown". taken_at: when
    the film was taken, by the machine's clock; with a zone only where the header names it. projection: "PA",
    "AP" or "". character_set: the one that decoded the text, assumed: whether it is the fallback and not the
    header's own. unreadable: keyword -> the raw value, printable, of what could not be read. spacing:
    millimetres a pixel (down, across), at_detector: measured there and so larger than in the body. more:
    further facts for the record, keyword -> text.
    """

    sop_class: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    transfer_syntax: str
    modality: str = ""
    patient_number: str = ""
    issuer: str = ""
    last_name: str = ""
    first_name: str = ""
    full_name: str = ""
    birth_date: date | None = None
    birth_year: int | None = None
    sex: str = "unknown"
    accession_number: str = ""
    taken_at: datetime | None = None
    description: str = ""
    body_part: str = ""
    projection: str = ""
    laterality: str = ""
    manufacturer: str = ""
    model: str = ""
    institution: str = ""
    character_set: str = ""
    assumed: bool = False
    burnt_in: bool | None = None
    spacing: tuple[float, float] | None = None
    at_detector: bool = False
    unreadable: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)

    def as_record(self) -> dict[str, object]:
        """All of it that JSON can hold, without what says nothing."""
        told = {name: value for name, value in vars(self).items() if value not in ("", None, {}, False)}
        for name in ("birth_date", "taken_at"):
            if name in told:
                told[name] = told[name].isoformat()
        if self.spacing is not None:
            told["spacing"] = list(self.spacing)
        return told
