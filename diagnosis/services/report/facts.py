"""What a study's report says, in the words of its pages and the clinic's time."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.dateformat import format as date_format

from diagnosis.cnn import severity
from diagnosis.imaging import marks
from diagnosis.imaging.report import Box, Document, Drawn, Film, Past, Prior, Status, Word
from diagnosis.models import Decision, Prediction, ReadingRules, Review, Scan, Sex, Study, StudyState
from diagnosis.services import (
    ages,
    check_words,
    referred,
    result_words,
    results,
    second_reads,
    standing,
    storage,
    worklist,
)
from diagnosis.services.blindness import OPEN
from diagnosis.services.cautions import cautions

FOOTER: Final = (
    "Research use only, not a medical device. A percentage is a network’s own estimate for a film, not the "
    "chance that the patient is ill, and not a diagnosis.",
)
PHANTOM: Final = "PHANTOM: drawn by code, not a real chest. Not a patient’s report."
AS_TAKEN: Final = "As taken, smaller"
CORRECTED: Final = "Corrected as said above, smaller"
OTHERWISE: Final = "not drawn here: the film was shown otherwise then"
MAP: Final = "What moved the network’s answer, not where a disease is"


@dataclass(frozen=True)
class Signed:
    """A study's films that count, with their number on its page, and the reviews of them, newest first."""

    films: tuple[tuple[int, Scan], ...]
    reviews: tuple[Review, ...]

    @property
    def amended(self) -> bool:
        return any(len(scan.reviews.all()) > 1 for _, scan in self.films)

    @property
    def last_at(self) -> datetime | None:
        return max((review.signed_at for review in self.reviews), default=None)


def signed(study: Study) -> Signed:
    """What a report is made from."""
    reviews = Review.objects.select_related("doctor", "prediction__model_version").order_by("-id")
    scans = (
        Scan.objects.filter(study=study)
        .select_related("study")
        .order_by("received_at", "id")
        .prefetch_related(results.with_predictions(), Prefetch("reviews", reviews))
    )
    films = tuple((number, scan) for number, scan in enumerate(scans, 1) if scan.set_aside_at is None)
    words = [review for _, scan in films for review in scan.reviews.all()]
    return Signed(films, tuple(sorted(words, key=lambda review: -review.pk)))


def document_of(
    study: Study,
    made_from: Signed,
    *,
    status: Status,
    code: str = "",
    address: str = "",
    notices: Sequence[str] = (),
) -> Document:
    """The report of a study as it stands."""
    clinic, last = study.clinic, made_from.last_at
    with timezone.override(clinic.time_zone or None):
        return Document(
            clinic=clinic.name,
            address=_lines(clinic.address),
            logo=clinic.logo,
            paper="letter" if clinic.paper == "letter" else "a4",
            status=status,
            patient=study.patient.full_name,
            number=study.patient.number,
            facts=of_patient(study),
            films=tuple(_film(number, scan, study) for number, scan in made_from.films),
            notices=(
                *notices,
                *_pending(study),
                *((PHANTOM,) if any(scan.is_phantom for _, scan in made_from.films) else ()),
            ),
            prior=_prior(study),
            prior_beside_each=True,
            code=code,
            address_to_check=address,
            issued=f"Last signed {_at(last)}" if last and status != "DRAFT" else "",
            stamp=(last or study.created_at).astimezone(UTC).strftime("%Y%m%d%H%M%S"),
            footer=FOOTER,
            **_read_elsewhere(study),
        )


def _read_elsewhere(study: Study) -> dict[str, Any]:
    """The head of the clinic whose doctors read the study for its own, if any did."""
    reader = referred.read_by(study)
    if reader is None:
        return {}
    return {"read_by": reader.name, "read_by_address": _lines(reader.address), "read_by_logo": reader.logo}


def _lines(address: str) -> tuple[str, ...]:
    return tuple(line for line in address.splitlines() if line.strip())


def pictures_of(document: Document) -> dict[str, bytes]:
    """The pictures that a document names, as they lie below DATA_DIR; those that are gone are left out."""
    names = {
        document.logo,
        document.read_by_logo,
        *(name for film in document.films for name in (film.picture, film.map)),
    }
    names |= {document.prior.picture} if document.prior else set()
    found = {name: storage.path_of(name).read_bytes() for name in sorted(names) if storage.existing(name)}
    from diagnosis.cnn.heatmap import recoloured  # few requests need it

    maps = {film.map for film in document.films}
    return {name: recoloured(content) if name in maps else content for name, content in found.items()}


def _at(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i T")


def _pending(study: Study) -> tuple[str, ...]:
    return ("Second reading pending.",) if second_reads.open_reading(study) else ()


def of_patient(study: Study) -> tuple[tuple[str, str], ...]:
    """Whose films they are, by label, in the time zone in force."""
    patient = study.patient
    age = patient.age_on(timezone.localdate(study.taken_at))
    sex = "" if patient.sex == Sex.UNKNOWN else patient.get_sex_display().lower()
    since = f", since {date_format(study.symptoms_onset, 'j M Y')}" if study.symptoms_onset else ""
    known = (
        ("Patient", patient.full_name or "No name"),
        ("Number", patient.number),
        ("Born", patient.born or "not known"),
        ("Age, sex", ", ".join(part for part in (f"{age} y" if age else "", sex) if part) or "not known"),
        ("Taken", _at(study.taken_at)),
        ("PCR", study.get_pcr_result_display()),
        ("Accession", study.accession_number),
        ("Symptoms", f"{study.symptoms}{since}".removeprefix(", ")),
        ("Reason", study.reason),
    )
    return tuple((label, value) for label, value in known if value)


def _film(number: int, scan: Scan, study: Study) -> Film:
    told = study.clinic.network_in_report
    reviews, prediction = list(scan.reviews.all()), results.current(scan)
    current = bool(reviews) and worklist.is_about(reviews[0], prediction)
    picture = storage.existing(scan.display) if scan.display else ""
    unsigned = "" if current else "Not reviewed as it stands now"
    return Film(
        number=number,
        caption=" · ".join(part for part in (f"Film {number}", scan.projection) if part),
        picture=picture,
        map=prediction.heatmap_in_frame if told and prediction and picture else "",
        map_words=MAP + ("; not yet measured here" if prediction and not prediction.limits else ""),
        without="" if picture else _why_without(scan),
        cautions=_cautions(scan, study, prediction),
        word=_word(reviews[0], told=told) if reviews else None,
        unsigned=unsigned if reviews else "Not reviewed by a doctor yet",
        past=tuple(_past(review, after) for after, review in itertools.pairwise(reviews)),
        network=_network(scan, prediction) if told else None,
        shown=CORRECTED if scan.shown_corrections else AS_TAKEN,
        drawn=_drawn(reviews[0], scan) if reviews else (),
    )


def _cautions(scan: Scan, study: Study, prediction: Prediction | None) -> tuple[str, ...]:
    """What is said above a film whether or not the network stands in the report."""
    told = [*map(check_words.correction, scan.shown_corrections), *cautions(scan, study)]
    if prediction is not None:
        told += map(check_words.caution, prediction.cautions)
        if age := ages.caution(prediction, scan, study.patient):
            told.append(age.text)
    return tuple(told)


def _why_without(scan: Scan) -> str:
    if scan.is_final and scan.reason:
        return f"{scan.get_status_display()}: {scan.reason}"
    return "There is no picture of this film." if scan.is_final else "This film is being analysed."


def _finding(review: Review) -> str:
    if review.decision == Decision.REJECT:
        return f"Prediction rejected: {review.reason}"
    return str(review.get_finding_display())


def _word(review: Review, *, told: bool) -> Word:
    differs = f"Differs from the network’s {review.changed_from}." if told and review.changed_from else ""
    later = "Name and licence as known later, not on that day." if review.name_added_later else ""
    return Word(
        finding=_finding(review),
        note=review.note,
        name=review.signed_name,
        licence=review.signed_licence,
        at=_at(review.signed_at),
        about=" ".join(part for part in (differs, later) if part),
        further=tuple(review.further_words),
        zones=tuple((zone, review.zones[zone]) for zone in severity.ZONES if zone in review.zones),
        sums=_sums(review),
    )


def _sums(review: Review) -> tuple[str, ...]:
    if review.brixia is None:
        return ("Not all six zones are graded: no sum.",) if review.zones else ()
    return (
        f"Brixia {review.brixia} of {severity.BRIXIA_MOST}",
        f"Six-zone {review.six_zone} of {severity.SIX_ZONE_MOST}",
    )


def _drawn(review: Review, scan: Scan) -> tuple[Drawn, ...]:
    return tuple(
        Drawn(mark["kind"], tuple((across, down) for across, down in mark["points"]), marks.in_words(mark))
        if marks.lies_on(mark, scan.shown_corrections)
        else Drawn(mark["kind"], (), f"{marks.in_words(mark)} ({OTHERWISE})")
        for mark in review.annotations
    )


def _past(review: Review, after: Review) -> Past:
    licence = f", licence {review.signed_licence}" if review.signed_licence else ""
    return Past(
        finding=_finding(review),
        note="\n".join(filter(None, (*review.further_words, *_sums(review), *review.marks, review.note))),
        signed=f"Signed by {review.signed_name}{licence}, {_at(review.signed_at)}",
        replaced=f"Superseded {_at(after.signed_at)} by {after.signed_name}",
    )


def _network(scan: Scan, prediction: Prediction | None) -> Box:
    if prediction is None and scan.correction_undone_at:
        return Box("No result for this film", ("Its correction was undone: a person reads it as it came.",))
    if prediction is None:
        why = (
            f"{scan.get_status_display()}: {scan.reason}"
            if scan.is_final
            else "The analysis is not finished."
        )
        return Box("No result for this film", (why,))
    kind = result_words.kind(prediction)
    return Box(
        headline=result_words.headline(prediction),
        lines=(kind,) if kind else (),
        model=str(prediction.model_version),
        limits=standing.in_words(prediction),
    )


def _prior(study: Study) -> Prior | None:
    """The newest earlier film of the patient that has a picture."""
    earlier = (
        Scan.objects.filter(
            clinic=study.clinic_id,
            study__patient=study.patient_id,
            study__taken_at__lt=study.taken_at,
            set_aside_at=None,
        )
        .exclude(study=study.pk)
        .exclude(study__state=StudyState.CANCELLED)
        .exclude(display="")
        .select_related("study")
        .order_by("-study__taken_at", "received_at", "pk")
        .first()
    )
    if earlier is None:
        return None
    review = earlier.reviews.order_by("-id").first()
    taken = date_format(timezone.localtime(earlier.study.taken_at), "j M Y")
    words = f"Signed: {_finding(review)}, {review.signed_name}" if review else "Not reviewed"
    if review and earlier.study.state in OPEN and ReadingRules.of(study.clinic_id).blind_first:
        words = "Not signed yet"  # of several films one is: who reads the others is not told that word
    if _pending(earlier.study):  # whoever is to read it second is not told the first word, by no paper either
        words = "Second reading pending"
    corrected = "; ".join(map(check_words.correction, earlier.shown_corrections))
    caption = f"Earlier film, {taken}" + (f" ({corrected})" if corrected else "")
    return Prior(picture=earlier.display, caption=caption, signed=words)
