"""Whose film is it: finds or makes patient and study by what a DICOM header says of them.

What contradicts the record is never filed by itself: `Contradiction` says what it is, and a person settles
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from accounts.audit import Actor, Stored
from accounts.models import Clinic
from diagnosis import spelling
from diagnosis.imaging.dicom.facts import DicomFacts
from diagnosis.imaging.dicom.people import is_nobody
from diagnosis.models import HeldWhy, Patient, Scan, Study
from diagnosis.services import patients, studies, worklist
from diagnosis.services.corrections import change_fields
from diagnosis.services.history import Entry
from diagnosis.services.patients import PatientFacts, PatientMismatch
from diagnosis.services.studies import StudyFacts

NAMES = ("last_name", "first_name")
WHOSE = ("birth_date", "first_name", "last_name", "patient_number", "sex")


class Contradiction(Exception):
    """The film says something else than the record: `why` is one of HeldWhy."""

    def __init__(
        self, why: str, patient: Patient | None = None, study: Study | None = None, fields: Any = ()
    ) -> None:
        super().__init__(why)
        self.why, self.patient, self.study, self.fields = why, patient, study, tuple(fields)


class OtherStudy(Exception):
    """The film was sent for a study that it does not belong to."""


@dataclass(frozen=True)
class Told:
    """What a film's header says of patient and study, as far as the record can take it.

    `record`: all of it, for the film's row; what was no use to the record stands under its `unreadable`.
    """

    number: str
    issuer: str
    patient: PatientFacts
    study: StudyFacts
    study_instance_uid: str
    record: dict[str, Any] = field(default_factory=dict)


def told_by(facts: DicomFacts, clinic: Clinic) -> Told:
    """The header's facts, those left out that are impossible or cannot be kept."""
    taken_at = taken_of(facts, clinic)
    given: dict[str, Any] = {
        "number": facts.patient_number,
        "first_name": facts.first_name,
        "last_name": facts.last_name,
        "birth_date": birth_of(facts),
        "accession_number": facts.accession_number,
        "taken_at": taken_at,
        "reason": facts.description,
    }
    unusable = {}
    for name in patients.implausible(given):
        unusable[name] = _shown(given[name])
        given[name] = None if name == "taken_at" else ""
    number = spelling.tidy(given["number"])
    if number and is_nobody(number):  # many people share it
        unusable["number"], number = number, ""
    return Told(
        number=number if spelling.key(number) else "",
        issuer=spelling.tidy(facts.issuer),
        patient={**cast(PatientFacts, _some(given, *NAMES, "birth_date")), "sex": facts.sex},
        study=cast(StudyFacts, _some(given, "accession_number", "taken_at", "reason")),
        study_instance_uid=facts.study_instance_uid,
        record=_recorded(facts, unusable),
    )


def taken_of(facts: DicomFacts, clinic: Clinic) -> datetime | None:
    """When the film was taken; a header that names no zone has the clinic's."""
    zone, taken = clinic.zone, facts.taken_at
    if taken is None:
        return None
    return taken.astimezone(zone) if taken.tzinfo else taken.replace(tzinfo=zone)


def birth_of(facts: DicomFacts) -> str:
    """What the header says of the birth date, as the record writes it: a day, a year, or nothing."""
    if facts.birth_date is not None:
        return facts.birth_date.isoformat()
    return f"{facts.birth_year:04}" if facts.birth_year else ""


def facts_of(record: Mapping[str, Any]) -> DicomFacts:
    """The facts again, from what a film's row holds of them."""
    known = {name: record[name] for name in DicomFacts.__dataclass_fields__ if name in record}
    if "birth_date" in known:
        known["birth_date"] = date.fromisoformat(known["birth_date"])
    if "taken_at" in known:
        known["taken_at"] = datetime.fromisoformat(known["taken_at"])
    if "spacing" in known:
        known["spacing"] = tuple(known["spacing"])
    names = ("sop_class", "sop_instance_uid", "study_instance_uid", "series_instance_uid", "transfer_syntax")
    return DicomFacts(**{**dict.fromkeys(names, ""), **known})


def said_otherwise(record: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Which facts about their patient two headers of one film, as rows hold them, do not share."""
    return [name for name in WHOSE if record.get(name) != other.get(name)]


def columns_of(facts: DicomFacts, record: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a film's row that its header fills; without an identifier it gets its own."""
    uids = {
        "sop_instance_uid": facts.sop_instance_uid,
        "series_instance_uid": facts.series_instance_uid,
    }
    given: dict[str, Any] = {name: uid for name, uid in uids.items() if uid}
    return given | {"projection": facts.projection, "header": dict(record)}


def place(
    *, clinic: Clinic, told: Told, actor: Actor, door: str, into: Study | None = None
) -> tuple[Study, list[Entry]]:
    """The study of a film, its row locked, in the caller's transaction; the caller writes the entries.

    into: the study that it was sent for. Raises Contradiction, and OtherStudy where it belongs to another
    one; then the caller takes back what was written.
    """
    if into is not None and into.instance_uid != told.study_instance_uid:
        return _adopted(clinic, told, into)
    if not told.number:
        raise Contradiction(HeldWhy.NO_NUMBER)
    known = _study_of(clinic, told.study_instance_uid)
    if known is not None:
        named = {patients.kept(patient).pk for patient in patients.numbered(clinic, told.number)}
        if patients.kept(known.patient).pk not in named:
            raise Contradiction(HeldWhy.OTHER_STUDY, known.patient, known)
    patient, entries = place_person(clinic, told)  # locks the patient: before the study, see `locking`
    study = worklist.lock(known.pk) if known else None
    if study is None:
        study, made = studies.place_study(
            patient=patient, actor=actor, door=door, instance_uid=told.study_instance_uid, **told.study
        )
        return study, [*entries, *made]
    if study.patient_id != patient.pk:
        raise Contradiction(HeldWhy.OTHER_STUDY, study.patient, study)
    if not study.scans.exists() and (home := _moved_to(study)):
        raise Contradiction(HeldWhy.OTHER_STUDY, patients.kept(home.patient), home)
    return study, [*entries, *studies.reopened(study)]  # a film that comes in must not stay unseen


def _adopted(clinic: Clinic, told: Told, into: Study) -> tuple[Study, list[Entry]]:
    """A study without a film, entered by hand, gets the identifier of its patient's first film."""
    if not told.number or into.scans.exists() or _study_of(clinic, told.study_instance_uid):
        raise OtherStudy
    patient, entries = place_person(clinic, told)
    locked = worklist.lock(into.pk)
    if locked.scans.exists() or patient.pk != patients.kept(locked.patient).pk:
        raise OtherStudy
    changed = change_fields(locked, {"instance_uid": told.study_instance_uid})
    entry = Entry(locked, "study.updated", {"fields": changed}, rows=[Stored(locked, changed)])
    return locked, [*entries, entry, *studies.reopened(locked)]


def place_person(clinic: Clinic, told: Told) -> tuple[Patient, list[Entry]]:
    """The patient with the film's number, found or made. Raises Contradiction."""
    facts = _as_recorded(clinic, told)
    try:
        patient, entries = patients.place_patient(clinic=clinic, number=told.number, **facts)
    except PatientMismatch as mismatch:
        raise Contradiction(HeldWhy.OTHER_PERSON, mismatch.patient, fields=mismatch.fields) from mismatch
    if told.issuer and not _same_issuer(patient, told.issuer):
        raise Contradiction(HeldWhy.OTHER_PERSON, patient, fields=("issuer",))
    return patient, entries


def study_of(clinic: Clinic, instance_uid: str) -> Study | None:
    """The clinic's study with this identifier, its row locked."""
    study = _study_of(clinic, instance_uid)
    return worklist.lock(study.pk) if study else None


def home_of(instance_uid: str, patient: Patient) -> Study | None:
    """The patient's study that films of this study identifier were put into by a person, its row locked."""
    films = Scan.objects.filter(study__patient=patient, header__study_instance_uid=instance_uid)
    film = films.order_by("-id").first() if instance_uid else None
    return worklist.lock(film.study_id) if film else None


def _moved_to(study: Study) -> Study | None:
    """Where a person moved the films of a study that has none left."""
    films = Scan.objects.filter(clinic=study.clinic_id, header__study_instance_uid=study.instance_uid)
    film = films.select_related("study__patient").order_by("-id").first()
    return film.study if film else None


def _study_of(clinic: Clinic, instance_uid: str) -> Study | None:
    found = Study.objects.filter(clinic=clinic, instance_uid=instance_uid) if instance_uid else None
    return found.first() if found is not None else None


def _as_recorded(clinic: Clinic, told: Told) -> PatientFacts:
    """The film's facts, a name that is spelt the German way on one side only (Müller, MUELLER) left out."""
    facts = dict(told.patient)
    known = [patients.kept(patient) for patient in patients.numbered(clinic, told.number)]
    for name in NAMES:
        if len(known) == 1 and spelt_alike(getattr(known[0], name), str(facts.get(name, ""))):
            facts.pop(name, None)
    return cast(PatientFacts, facts)


def spelt_alike(one: str, other: str) -> bool:
    """Whether two names are one in any of their spellings; False where one of them is missing."""
    these, those = spelling.variants(one), spelling.variants(other)
    return bool(these) and len(these) == len(those) and all(
        set(mine) & set(yours) for mine, yours in zip(these, those, strict=True)
    )  # fmt: skip


def _same_issuer(patient: Patient, issuer: str) -> bool:
    """Whether no film of the patient names another one who gave the number."""
    films = Scan.objects.filter(study__patient=patient, header__has_key="issuer").order_by("-id")
    latest = films.values_list("header", flat=True).first()
    return latest is None or spelling.key(str(latest["issuer"])) == spelling.key(issuer)


def _some(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if given[name] not in (None, "")}


def _recorded(facts: DicomFacts, unusable: Mapping[str, str]) -> dict[str, Any]:
    record = cast(dict[str, Any], _kept_text(facts.as_record()))
    if unusable:
        record["unreadable"] = {**record.get("unreadable", {}), **_kept_text(unusable)}
    return record


def _kept_text(value: Any) -> Any:
    """The value as every database keeps it: no halves of letters, no zero bytes."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "")
    if isinstance(value, Mapping):
        return {_kept_text(str(name)): _kept_text(entry) for name, entry in value.items()}
    return [_kept_text(entry) for entry in value] if isinstance(value, list | tuple) else value


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)[:500]
