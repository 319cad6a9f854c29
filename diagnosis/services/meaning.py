"""What a score of the network has meant in a clinic: how many signed studies with a like one were abnormal.

Counted from time to time into one row for a clinic and version, so that a page asks for that row alone. An
outcome counts before a signature. Studies about which a doctor's word leans on no suggestion are counted
once more for themselves: whoever has seen the network's answer leans towards it.
"""

from dataclasses import dataclass
from time import monotonic
from typing import Final

from django.utils import timezone

from accounts.models import Clinic
from diagnosis.cnn.agreement import ENOUGH
from diagnosis.cnn.intervals import clopper_pearson
from diagnosis.models import Finding, FirstRead, ModelVersion, Prediction, ScoreMeaning
from diagnosis.services import measuring, outcomes, registry

BANDS: Final = 10


@dataclass(frozen=True)
class Share:
    """Of `read` studies so many were abnormal, with the exact 95 % interval; too few say nothing."""

    read: int
    confirmed: int

    @property
    def enough(self) -> bool:
        return self.read >= ENOUGH

    @property
    def value(self) -> float:
        return self.confirmed / self.read if self.read else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return clopper_pearson(self.confirmed, self.read)


@dataclass(frozen=True)
class Meaning:
    """Of the clinic's signed studies with a score in this band; `blind`: those read without a lead."""

    low: float
    high: float
    all: Share
    blind: Share


def here(prediction: Prediction) -> Meaning | None:
    """What a score like this one has meant in its clinic; None where no limits count.

    On probation the signatures are to lean on nothing, this figure included, for limits are fitted on them.
    """
    if prediction.withheld:
        return None
    clinic, version = prediction.scan.clinic_id, prediction.model_version_id
    row = ScoreMeaning.objects.filter(clinic=clinic, model_version=version).first()
    band = band_of(prediction.p_abnormal)
    counted = row.bands[band] if row else {}
    return Meaning(
        low=band / BANDS,
        high=(band + 1) / BANDS,
        all=Share(counted.get("read", 0), counted.get("confirmed", 0)),
        blind=Share(counted.get("blind_read", 0), counted.get("blind_confirmed", 0)),
    )


def band_of(score: float) -> int:
    return min(BANDS - 1, int(score * BANDS + 1e-9))


def count(*, clinic: Clinic, model_version: ModelVersion) -> ScoreMeaning:
    """Count a clinic's newest signed studies anew; each is one, by its most abnormal film."""
    studies: dict[int, measuring.SignedFilm] = {}
    for film in measuring.signed_films(clinic=clinic, model_version=model_version):
        known = studies.get(film.study)
        if known is None or film.p_abnormal > known.p_abnormal:
            studies[film.study] = film
    later = outcomes.confirmed(studies)
    words = FirstRead.objects.filter(study__in=list(studies), seen_before=False).exclude(finding="")
    blind = {
        study: word != Finding.NORMAL for study, word in words.order_by("-id").values_list("study", "finding")
    }
    bands = [dict.fromkeys(("read", "confirmed", "blind_read", "blind_confirmed"), 0) for _ in range(BANDS)]
    for study, film in studies.items():
        band = bands[band_of(film.p_abnormal)]
        band["read"] += 1
        band["confirmed"] += later.get(study, film.abnormal)
        if study in blind or film.blind:
            band["blind_read"] += 1
            band["blind_confirmed"] += later.get(study, blind.get(study, film.abnormal))
    row, _ = ScoreMeaning.objects.update_or_create(
        clinic=clinic, model_version=model_version, defaults={"bands": bands, "counted_at": timezone.now()}
    )
    return row


def count_all(*, seconds: float) -> int:
    """Count for every clinic and the active network, those counted longest ago first, until time is over."""
    active = registry.active_model()
    if active is None:
        return 0
    counted = dict(ScoreMeaning.objects.filter(model_version=active).values_list("clinic", "counted_at"))
    never = [clinic for clinic in Clinic.objects.order_by("pk") if clinic.pk not in counted]
    again = sorted(Clinic.objects.filter(pk__in=counted), key=lambda clinic: counted[clinic.pk])
    done, until = 0, monotonic() + seconds
    for clinic in [*never, *again]:
        if monotonic() > until:
            break
        count(clinic=clinic, model_version=active)
        done += 1
    return done
