"""The page of a clinic's limits: how the network stands there, what its films say, and who has to agree."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings

from accounts.models import Clinic, Role, User
from diagnosis.models import ModelVersion, OperatingPoint
from diagnosis.services import limits, measuring, registry, standing
from diagnosis.services.measuring import Measured
from diagnosis.views.contexts.wording import percent

WIDTH, MIDDLE, TALLEST = 320, 84, 64  # of the picture, in its own units
LATEST: Final = 20


@dataclass(frozen=True)
class Bar:
    """A bar of the picture: films of one side whose score lies in one twentieth."""

    side: str
    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True)
class Cut:
    """A line of the table: what a limit there does."""

    cut: str
    name: str
    flagged: int
    missed: int
    false_alarms: int
    missed_between: str
    alarms_between: str


def limits_page(user: User, **more: Any) -> dict[str, Any]:
    """Everything the page shows, for a member of a clinic."""
    clinic, active = user.clinic, registry.active_model()
    assert clinic is not None
    history = OperatingPoint.objects.filter(clinic=clinic).select_related("model_version")[:LATEST]
    context: dict[str, Any] = {"clinic": clinic, "model_version": active}
    context |= _of_version(user, clinic, active) if active else {}
    return context | {"history": [_line(point, context.get("point")) for point in history]} | more


def _of_version(user: User, clinic: Clinic, active: ModelVersion) -> dict[str, Any]:
    point = standing.in_force(clinic_id=clinic.pk, model_version=active)
    proposal = limits.open_proposal(clinic=clinic, model_version=active)
    measured = measuring.measure(clinic=clinic, model_version=active)
    figures = proposal.measured if proposal else measured.figures
    part = "doctor" if user.role == Role.DOCTOR else "administrator"
    return {
        "point": point,
        "standing": str(standing.of_clinic(clinic=clinic, model_version=active)),
        "words": standing.who_answers(point) if point else standing.ON_PROBATION,
        "ends_soon": point is not None and standing.ends_soon(point),
        "measured": measured,
        "needed": {"normal": settings.LIMITS_NORMAL_FILMS, "abnormal": settings.LIMITS_ABNORMAL_FILMS},
        "proposal": proposal,
        "figures": figures,
        "period": [date.fromisoformat(figures[end]) for end in ("from", "until")] if figures else [],
        "bars": _bars(figures["bars"]) if figures else [],
        "marks": _marks(figures["band"]) if figures else {},
        "cuts": _cuts(figures) if figures else [],
        "part": part,
        "shown": str(proposal.public_id) if proposal else measured.digest,
        "may_agree": _may_agree(proposal, measured, part, user) and not _is_agreed(point, proposal, measured),
        "other_part": "administrator" if part == "doctor" else "doctor",
    }


def _may_agree(proposal: OperatingPoint | None, measured: Measured, part: str, user: User) -> bool:
    if not measured.enough or measured.quiet:
        return False
    if proposal is None:
        return True
    signed = (proposal.administrator_id, proposal.doctor_id)
    return getattr(proposal, f"{part}_id") is None and user.pk not in signed


def _is_agreed(point: OperatingPoint | None, proposal: OperatingPoint | None, measured: Measured) -> bool:
    """Whether the figures of today are those that the limits in force were agreed on."""
    return proposal is None and point is not None and point.measured == measured.figures


def _bars(counted: dict[str, list[int]]) -> list[Bar]:
    """Normal films upwards, abnormal ones downwards, from the line in the middle."""
    most = max(1, *(max(values) for values in counted.values()))
    found = []
    for side, values in counted.items():
        width = WIDTH / len(values)
        for place, films in enumerate(values):
            if not films:
                continue
            height = round(TALLEST * films / most, 1)
            between = f"{100 * place // len(values)}–{100 * (place + 1) // len(values)} %"
            top = MIDDLE - height if side == "normal" else MIDDLE
            words = f"{films} {side} film{'' if films == 1 else 's'} at {between}"
            found.append(Bar(side, round(place * width + 1, 1), round(top, 1), width - 2, height, words))
    return found


def _marks(band: dict[str, float]) -> dict[str, float]:
    """Where the two limits stand in the picture, and how wide the band between is."""
    lower, upper = (round(WIDTH * band[end], 1) for end in ("lower", "upper"))
    return {"lower": lower, "upper": upper, "width": round(upper - lower, 1)}


def _cuts(figures: dict[str, Any]) -> list[Cut]:
    band = figures["band"]
    names = {band["lower"]: "normal below", band["upper"]: "pathological from"}
    return [
        Cut(
            cut=percent(row["cut"]),
            name=names.get(row["cut"], ""),
            flagged=row["flagged"],
            missed=row["missed"],
            false_alarms=row["false_alarms"],
            missed_between=_between(row["sensitivity"]),
            alarms_between=_between(row["specificity"]),
        )
        for row in figures["yield"]
    ]


def _between(right: dict[str, float]) -> str:
    """The interval of the wrong ones' share: "0–11 %"."""
    low, high = (round(100 * (1 - right[end])) for end in ("high", "low"))
    return f"{low}–{high} %"


def _line(point: OperatingPoint, speaking: OperatingPoint | None) -> dict[str, Any]:
    if point.open:
        signed = " and ".join(name for name in (point.administrator_name, point.doctor_name) if name)
        words = f"Proposed by {signed}."
    else:
        words = standing.who_answers(point)
    return {"point": point, "words": words, "in_force": point == speaking}


def asks_for(user: User) -> list[str]:
    """What the worklist tells administrators and doctors about the limits of their clinic, in sentences."""
    active, clinic = registry.active_model(), user.clinic
    if active is None or clinic is None:
        return []
    said = []
    point = standing.in_force(clinic_id=clinic.pk, model_version=active)
    proposal = limits.open_proposal(clinic=clinic, model_version=active)
    part = "doctor" if user.role == Role.DOCTOR else "administrator"
    if proposal is not None and getattr(proposal, f"{part}_id") is None:
        said.append(f"Limits for {active} at {clinic} wait for the agreement of a second person: the {part}.")
    if point is not None and part == "administrator" and standing.ends_soon(point):
        said.append(
            f"The limits for {active} count until {standing.day(point.in_force_until)}. Afterwards the "
            "network is on probation again and decides nothing."
        )
    if point is None and proposal is None and measuring.enough_now(clinic=clinic, model_version=active):
        said.append(f"There are enough signed films to set the limits of {active} at {clinic}.")
    return said
