"""The one form with which a doctor signs a study."""

import contextlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.http import QueryDict

from accounts.typed_text import TypedText
from diagnosis.cnn.severity import GRADES, ZONE_NAMES
from diagnosis.imaging import marks
from diagnosis.models import Finding, FurtherFinding, Phrase, Prediction, Review, Scan, Side
from diagnosis.models.further import LONGEST_OTHER, WITHOUT_SIDE
from diagnosis.services.review import REJECTED, FilmWord, ReviewRefused, Structured, StudyWords
from diagnosis.services.review.words import check_structured

CHOICES = [*Finding.choices, (REJECTED, "Reject the network’s result")]
NOTE_LENGTH = 5000
_CHOOSE = "Choose the finding that you see."
_DAMAGED = (
    "The marks and measurements came damaged and are not kept: draw them again, then sign. All else is kept."
)


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


class SignForm(forms.Form):
    """A doctor's word about a study: one finding for its films, or a film's own; and all that goes beside it.

    What the page showed of each film (`film-<id>-prediction`, `-told`, `-last`, `-read`) is drawn from the
    films, never from what was sent. `restored`: what was typed comes back without its errors.
    """

    finding = forms.ChoiceField(choices=CHOICES, required=False, error_messages={"invalid_choice": _CHOOSE})
    decision = forms.CharField(required=False)
    reason = TypedText(max_length=500, required=False)
    note = TypedText(max_length=NOTE_LENGTH, required=False)
    further = forms.MultipleChoiceField(choices=FurtherFinding.choices, required=False)
    further_text = TypedText(max_length=LONGEST_OTHER, required=False)
    annotations = forms.CharField(required=False)
    unseen_ok = forms.BooleanField(required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        films: Sequence[ShownFilm],
        phrases: Iterable[Phrase] = (),
        restored: bool = False,
    ) -> None:
        super().__init__(data, auto_id="id_sign_%s")
        self.films, self.phrases, self.restored = films, list(phrases), restored
        self.unseen: list[int] = []
        sides = [("", "Side"), *Side.choices]
        for code in FurtherFinding:
            if code not in WITHOUT_SIDE:
                self.fields[f"side_{code}"] = forms.ChoiceField(choices=sides, required=False)
        grades = [("", "–"), *((str(grade), str(grade)) for grade in GRADES)]
        for zone in ZONE_NAMES:
            self.fields[f"zone_{zone}"] = forms.ChoiceField(choices=grades, required=False)

    # ------------------------------------------------------------------ what the page shows

    def typed(self, name: str) -> str:
        """What stands in a field of this name, as it was sent; "" in a new form."""
        value = self.data.get(name, "") if self.is_bound else ""
        return str(value).replace("\0", "")

    def value_of(self, name: str) -> list[str]:
        """All that was sent under a name."""
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

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
            FilmRow(film, name, told_of(film), *(self.typed(f"{name}-{part}") for part in ("finding", "reason", "note")))
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
            (film.prediction.public_id if film.prediction else "", film.reviews[0].public_id if film.reviews else "")
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

    # ------------------------------------------------------------------ what was sent

    def clean(self) -> dict[str, Any]:
        words = super().clean() or self.cleaned_data
        if words.get("decision") == REJECTED:
            words["finding"] = REJECTED
        shown = [film for film in map(self._film_word, self.value_of("film")) if film]
        if not shown:
            self.add_error(None, "The form was damaged on its way. Read the films again, then sign.")
        words["films"] = tuple(shown)
        needs = [film for film in shown if not film.finding and not (film.read and not all(f.read for f in shown))]
        if needs and not words.get("finding") and "finding" not in self.errors:
            self.add_error("finding", _CHOOSE)
        words["structured"] = self._structured(words)
        self._check_seen([film for film in shown if film.finding or film in needs], words)
        return words

    def words(self) -> StudyWords:
        """What is signed, once the form is valid."""
        said = self.cleaned_data
        return StudyWords(
            films=said["films"], finding=said["finding"], reason=said["reason"], note=said["note"],
            structured=said["structured"],
        )  # fmt: skip

    def as_typed(self) -> dict[str, list[str]]:
        """All that was typed, to be kept until the signature is final."""
        left_out = ("csrfmiddlewaretoken", "form_of", "draft", "add_phrase", "phrase", "seen", "watched", "next")
        return {name: self.value_of(name) for name in self.data if name not in left_out}

    def _film_word(self, sent: str) -> FilmWord | None:
        scan = _id(sent)
        if scan is None:
            return None
        name = f"film-{scan}"
        own = self.typed(f"{name}-finding")
        text = {part: self.typed(f"{name}-{part}").strip() for part in ("reason", "note")}
        if own not in ("", REJECTED, *Finding.values):
            self.add_error(None, "Choose a finding for each film that has its own.")
        for part, most in (("reason", 500), ("note", NOTE_LENGTH)):
            with contextlib.suppress(AttributeError):
                self._check_text(text, part, most)
        return FilmWord(
            scan=scan,
            prediction=_id(self.typed(f"{name}-prediction")),
            told=self.typed(f"{name}-told"),
            last=_id(self.typed(f"{name}-last")),
            read=bool(self.typed(f"{name}-read")),
            finding=own,
            **text,
        )

    def _check_text(self, text: dict[str, str], part: str, most: int) -> None:
        try:
            text[part] = TypedText(max_length=most, required=False).clean(text[part]) or ""
        except forms.ValidationError as error:
            self.add_error(None, error)

    def _structured(self, words: Mapping[str, Any]) -> Structured:
        further = [
            {"code": code, "side": words.get(f"side_{code}") or "", "text": ""}
            for code in words.get("further", [])
        ]
        if text := (words.get("further_text") or "").strip():
            # its text says that it is meant
            further = [one for one in further if one["code"] != FurtherFinding.OTHER]
            further.append({"code": FurtherFinding.OTHER.value, "side": "", "text": text})
        ticked = {one["code"] for one in further}
        for code in FurtherFinding:
            if words.get(f"side_{code}") and code.value not in ticked:
                self.add_error(
                    f"side_{code}", f"You chose a side of {code.label.lower()}: tick it, or take the side away."
                )
        zones = {zone: int(grade) for zone in ZONE_NAMES if (grade := words.get(f"zone_{zone}"))}
        structured = Structured(further, zones, self._marks(words))
        try:
            check_structured(structured, words.get("finding") or "")
        except ReviewRefused as refused:
            self.add_error("zone_A" if refused.field == "zones" else refused.field or None, refused.message)
        return structured

    def _marks(self, words: Mapping[str, Any]) -> list[marks.Mark]:
        films = {str(film.scan) for film in words["films"]}
        try:
            return marks.read(words.get("annotations") or "", films=films)
        except marks.BadMarks:
            self.add_error("annotations", _DAMAGED)
            return []

    def _check_seen(self, signed: Sequence[FilmWord], words: Mapping[str, Any]) -> None:
        """With a script on the page that tells which films were opened, one that was not is asked about."""
        if not self.typed("watched") or words.get("unseen_ok"):
            return
        seen, numbers = set(self.value_of("seen")), {film.scan.public_id: film.number for film in self.films}
        self.unseen = [numbers[film.scan] for film in signed if film.scan in numbers and str(film.scan) not in seen]
        if self.unseen:
            which, were = ("Film", "was") if len(self.unseen) == 1 else ("Films", "were")
            named = ", ".join(map(str, self.unseen))
            self.add_error(
                "unseen_ok",
                f"{which} {named} {were} not opened. Look at what is missing, or tick “Sign all the same”.",
            )


def _id(sent: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(sent)
    except ValueError:
        return None
