"""The figures of a comparison, as JSON: what a promotion keeps, a page shows and a command prints."""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from diagnosis.models import ModelVersion, Triage
from diagnosis.models.shadow import BlindRead, BlindWord, Outcome, ShadowPrediction
from diagnosis.services.comparison.rule import RULE, Said, sides

REFUSED: Final = "refused"
ANSWERS: Final = (*(str(each) for each in Triage.values), REFUSED)
Z95: Final = 1.959964
STEPS: Final = ("preprocess", "network", "looks")  # what a network itself costs, the same steps for both


@dataclass(frozen=True)
class Film:
    """One film that both have seen. active, candidate: None where that network refused it or failed."""

    clinic: str
    active: Said | None
    candidate: Said | None
    outcome: str
    word: str
    active_ms: float | None
    candidate_ms: float | None

    @property
    def both(self) -> tuple[Said, Said] | None:
        return (self.active, self.candidate) if self.active and self.candidate else None

    @property
    def differs(self) -> bool:
        return self.both is not None and len(set(sides(*self.both))) > 1

    @property
    def sided(self) -> str:
        """With whom the reader sided: active, candidate, both, neither, cannot_say; "" if nobody read it."""
        if not self.word or self.both is None:
            return ""
        if self.word == BlindWord.CANNOT_SAY:
            return str(BlindWord.CANNOT_SAY)
        abnormal = self.word != BlindWord.NORMAL
        active, candidate = (side == abnormal for side in sides(*self.both))
        if active == candidate:
            return "both" if active else "neither"
        return "active" if active else "candidate"


def compared(candidate: ModelVersion, active: ModelVersion | None) -> dict[str, Any]:
    """The comparison of the candidate with the active network; {} if it never ran beside that one."""
    films = list(_films(candidate, active)) if active else []
    if active is None or not films:
        return {}
    since = candidate.candidate_since
    return {
        "candidate": _named(candidate),
        "active": _named(active),
        "since": since.isoformat() if since else "",
        "made_at": timezone.now().isoformat(),
        "rule": RULE,
        "needed": settings.BLIND_READS_NEEDED,
        "seen": len(films),
        "answered": sum(film.both is not None for film in films),
        "agreement": _agreement(films),
        "disagreements": _reads(film for film in films if film.differs),
        "agreements": _reads(film for film in films if film.both and not film.differs),
        "clinics": [
            {"clinic": clinic, **_one_clinic([film for film in films if film.clinic == clinic])}
            for clinic in sorted({film.clinic for film in films})
        ],
        **_shares(films),
        "failed": sum(film.outcome == Outcome.FAILED for film in films),
        "milliseconds": {
            "active": _median(film.active_ms for film in films),
            "candidate": _median(film.candidate_ms for film in films),
        },
    }


def share(count: int, of: int) -> dict[str, Any]:
    """A share with its 95 % interval by Wilson's score (Wilson, JASA 1927); None without any film."""
    if not of:
        return {"count": count, "of": of, "value": None, "low": None, "high": None}
    p, z2 = count / of, Z95**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 / (1 + z2 / of) * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return {
        "count": count,
        "of": of,
        "value": round(p, 4),
        "low": round(max(0.0, middle - half), 4),
        "high": round(min(1.0, middle + half), 4),
    }


def _films(candidate: ModelVersion, active: ModelVersion) -> Iterator[Film]:
    words = dict(BlindRead.objects.filter(shadow__model_version=candidate).values_list("shadow_id", "word"))
    # drawings, of which the network in use knows nothing either, tell nothing of people's films
    of_people = ShadowPrediction.objects.filter(scan__is_phantom=False)
    rows = of_people.filter(model_version=candidate, beside=active).order_by("pk")
    for row in rows.values_list(
        "pk", "scan__clinic__name", "outcome", "triage", "p_normal", "timings_ms",
        "prediction__triage", "prediction__p_normal", "prediction__timings_ms",
    ).iterator():  # fmt: skip
        pk, clinic, outcome, triage, p_normal, timings, active_triage, active_normal, active_timings = row
        answered = outcome == Outcome.ANSWERED
        yield Film(
            clinic=clinic,
            active=Said(active_triage, 1 - active_normal) if active_triage else None,
            candidate=Said(triage, 1 - (p_normal or 0.0)) if answered else None,
            outcome=outcome,
            word=words.get(pk, ""),
            active_ms=_sum(active_timings),
            candidate_ms=_sum(timings) if answered else None,
        )


def _agreement(films: list[Film]) -> dict[str, dict[str, int]]:
    """How often the active network said one thing and the candidate another: films by both answers."""
    pairs = Counter(
        (film.active.triage if film.active else REFUSED, film.candidate.triage if film.candidate else REFUSED)
        for film in films
        if film.outcome != Outcome.FAILED
    )
    return {one: {other: pairs[one, other] for other in ANSWERS} for one in ANSWERS}


def _reads(films: Iterable[Film]) -> dict[str, Any]:
    """How many films, how many of them read blind, and with whom the reader sided."""
    chosen = list(films)
    sided = Counter(film.sided for film in chosen if film.sided)
    told = sum(sided.values()) - sided["cannot_say"]
    return {
        "films": len(chosen),
        "read": sum(sided.values()),
        **{name: sided[name] for name in ("active", "candidate", "both", "neither", "cannot_say")},
        "with_active": share(sided["active"] + sided["both"], told),
        "with_candidate": share(sided["candidate"] + sided["both"], told),
    }


def _one_clinic(films: list[Film]) -> dict[str, Any]:
    return {
        "seen": len(films),
        "disagreements": _reads(film for film in films if film.differs),
        **_shares(films),
    }


def _shares(films: list[Film]) -> dict[str, Any]:
    """The shares unsure and refused of both networks, of the films at which the candidate did not fail."""
    tried = [film for film in films if film.outcome != Outcome.FAILED]
    unsure, of = Triage.UNSURE.value, len(tried)
    return {
        "unsure": {
            "active": share(sum(f.active is not None and f.active.triage == unsure for f in tried), of),
            "candidate": share(
                sum(f.candidate is not None and f.candidate.triage == unsure for f in tried), of
            ),
        },
        "refused": {
            "active": share(sum(f.active is None for f in tried), of),
            "candidate": share(sum(f.candidate is None for f in tried), of),
        },
    }


def _named(version: ModelVersion) -> dict[str, str]:
    return {"name": version.name, "version": version.version, "checksum": version.checksum}


def _sum(timings: dict[str, float] | None) -> float | None:
    found = [timings[step] for step in STEPS if step in timings] if timings else []
    return sum(found) if found else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 1) if known else None
