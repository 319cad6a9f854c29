"""What the form that signs a study shows: its films, and what was typed of each thing in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django import forms
from django.http import QueryDict

from accounts.typed_text import TypedText
from diagnosis.cnn.severity import GRADES, ZONE_NAMES
from diagnosis.models import Finding, FurtherFinding, Phrase, Prediction, Review, Scan, Side
from diagnosis.models.further import LONGEST_OTHER, WITHOUT_SIDE
from diagnosis.services.review import REJECTED

CHOICES = [*Finding.choices, (REJECTED, "Reject the network’s result")]
NOTE_LENGTH = 5000
OWN = ("finding", "reason", "note")
CHOOSE = "Choose the finding that you see."


class ShownFilm(Protocol):
    """A film as the page shows it."""

    @property
    def number(self) -> int: ...
    @property
    def scan(self) -> Scan: ...
    @property
    def prediction(self) -> Prediction | None: ...
    @property
    def reviews(self) -> list[Review]: ...
    @property
    def review(self) -> Review | None: ...


@dataclass(frozen=True)
class FilmRow:
    """A film in the form: what the page shows of it, and what was typed of it alone."""

    film: ShownFilm
    name: str
    told: str
    finding: str
    reason: str
    note: str


@dataclass(frozen=True)
class FurtherRow:
    """A further finding to tick; `side_name` is "" where it has no side."""

    code: str
    label: str
    ticked: bool
    side_name: str
    side: str


@dataclass(frozen=True)
class ZoneRow:
    zone: str
    name: str
    grade: str


def told_of(film: ShownFilm) -> str:
    """The finding that the network tells of a film; "" for none."""
    found = film.prediction.shown_finding if film.prediction else None
    return str(found.value) if found else ""


class SignPage(forms.Form):
    """The fields of a doctor's word about a study, as they stand on its page.

    What the page showed of each film (`film-<id>-prediction`, `-last`, `initial-film-<id>-told`, `-read`) is
    drawn from the films, never from what was sent. `restored`: what was typed comes back without its errors.
    """

    finding = forms.ChoiceField(choices=CHOICES, required=False, error_messages={"invalid_choice": CHOOSE})
    decision = forms.CharField(required=False)
    reason = TypedText(max_length=500, required=False)
    note = TypedText(max_length=NOTE_LENGTH, required=False)
    further = forms.MultipleChoiceField(choices=FurtherFinding.choices, required=False)
    further_text = TypedText(max_length=LONGEST_OTHER, required=False)
    annotations = forms.CharField(required=False)
    unseen_ok = forms.BooleanField(required=False)
    critical = forms.BooleanField(required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        films: Sequence[ShownFilm],
        phrases: Iterable[Phrase] = (),
        restored: bool = False,
        asks_critical: bool = False,
        initial: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, auto_id="id_sign_%s", initial=dict(initial or {}))
        self.films, self.phrases, self.restored = films, list(phrases), restored
        self.asks_critical = asks_critical
        self.unseen: list[int] = []
        sides = [("", "Side"), *Side.choices]
        for code in FurtherFinding:
            if code not in WITHOUT_SIDE:
                self.fields[f"side_{code}"] = forms.ChoiceField(choices=sides, required=False)
        grades = [("", "–"), *((str(grade), str(grade)) for grade in GRADES)]
        for zone in ZONE_NAMES:
            self.fields[f"zone_{zone}"] = forms.ChoiceField(choices=grades, required=False)

    def typed(self, name: str) -> str:
        """What stands in a field of this name: as it was sent, or what a new form begins with."""
        value = self.data.get(name, "") if self.is_bound else self.initial.get(name, "")
        return str(value).replace("\0", "")

    def value_of(self, name: str) -> list[str]:
        """All that was sent under a name."""
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

    @property
    def critical_ticked(self) -> bool:
        return bool(self.typed("critical"))

    @property
    def reason_typed(self) -> str:
        return self.typed("reason")

    @property
    def note_typed(self) -> str:
        return self.typed("note")

    @property
    def further_text_typed(self) -> str:
        return self.typed("further_text")

    @property
    def annotations_typed(self) -> str:
        return "" if "annotations" in self.errors else self.typed("annotations")

    @property
    def own_choices(self) -> list[tuple[str, str]]:
        return [*Finding.choices, (REJECTED, "Reject its result")]

    @property
    def has_own(self) -> bool:
        return any(row.finding or row.reason or row.note for row in self.film_rows)

    @property
    def all_read(self) -> bool:
        """Whether every film is signed as it stands, so that signing again is a correction."""
        return all(film.review for film in self.films)

    @property
    def chosen(self) -> str:
        return REJECTED if self.typed("decision") == REJECTED else self.typed("finding")

    @property
    def told(self) -> set[str]:
        """The findings that the network tells of the study's films: choosing one is to agree."""
        return {told_of(film) for film in self.films} - {""}

    @property
    def rejectable(self) -> bool:
        return any(film.prediction for film in self.films)

    @property
    def findings(self) -> list[tuple[str, str, bool, bool]]:
        """Each finding to choose: code, label, whether the network tells it, whether it is chosen."""
        return [(code, label, code in self.told, code == self.chosen) for code, label in Finding.choices]

    @property
    def further_rows(self) -> list[FurtherRow]:
        ticked = self.value_of("further")
        return [
            FurtherRow(
                code.value, str(code.label), code.value in ticked,
                "" if code in WITHOUT_SIDE else f"side_{code}", self.typed(f"side_{code}"),
            )
            for code in FurtherFinding
        ]  # fmt: skip

    @property
    def zone_rows(self) -> list[ZoneRow]:
        return [ZoneRow(zone, name, self.typed(f"zone_{zone}")) for zone, name in ZONE_NAMES.items()]

    @property
    def has_grades(self) -> bool:
        return any(row.grade for row in self.zone_rows)

    @property
    def sides(self) -> list[tuple[str, str]]:
        return list(Side.choices)

    @property
    def grades(self) -> Mapping[int, str]:
        return GRADES

    @property
    def film_rows(self) -> list[FilmRow]:
        return [
            FilmRow(film, name, told_of(film), *(self.typed(f"{name}-{part}") for part in OWN))
            for film in self.films
            for name in [f"film-{film.scan.public_id}"]
        ]  # fmt: skip

    @property
    def kept(self) -> list[int]:
        """The numbers of films that keep their signed word, because others are still unread."""
        read = [film.number for film in self.films if film.review]
        return read if len(read) < len(self.films) else []

    @property
    def about(self) -> str:
        """What the choices in the form are about: a draft of them is of no use for anything else."""
        shown = (
            (
                film.prediction.public_id if film.prediction else "",
                film.reviews[0].public_id if film.reviews else "",
            )
            for film in self.films
        )
        return " ".join(str(part) for pair in shown for part in pair)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Every error, each with the id of its field or "" for the form's own."""
        if self.restored:
            return []
        told = [("", str(error)) for error in self.non_field_errors()]
        for name in self.errors:
            if name in self.fields:
                told += [(self.box_of(name), str(error)) for error in self.errors[name]]
        return told

    def box_of(self, name: str) -> str:
        """The id of the part of the page where a field is mended."""
        if name.startswith("zone_"):
            return "id_sign_zones"
        return "id_sign_further" if name.startswith("side_") else f"id_sign_{name}"

    def add_phrase(self, chosen: str) -> None:
        """Put one of the clinic's phrases at the end of the note, in the form as it comes back."""
        text = next((one.text for one in self.phrases if str(one.public_id) == chosen), "")
        note = self.typed("note").rstrip()
        self._replace({"note": "\n".join(filter(None, (note, text)))})
        self.restored = True

    def refuse(self, message: str, field: str) -> None:
        """Show why it was not signed, beside its field where it has one."""
        name = "zone_A" if field == "zones" else field
        self.add_error(name if name in self.fields else None, message)

    def forget_choice(self) -> None:
        """Ask for the finding again, of the study and of each film; what was typed stays."""
        own = {name: "" for name in self.data if name.startswith("film-") and name.endswith("-finding")}
        self._replace({"finding": "", "decision": "", **own})

    def _replace(self, values: Mapping[str, str]) -> None:
        data = QueryDict(mutable=True)
        data.update(self.data)
        for name in self.data:
            data.setlist(name, self.value_of(name))
        for name, value in values.items():
            data[name] = value
        self.data = data
