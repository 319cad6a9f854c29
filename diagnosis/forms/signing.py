"""The one form with which a doctor signs a study."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from accounts.typed_text import TypedText
from diagnosis.cnn.severity import ZONE_NAMES
from diagnosis.forms.signing_page import CHOOSE, NOTE_LENGTH, SignPage
from diagnosis.imaging import marks
from diagnosis.models import Finding, FurtherFinding
from diagnosis.services.review import REJECTED, FilmWord, ReviewRefused, Structured, StudyWords
from diagnosis.services.review.words import check_structured

_DAMAGED = (
    "The marks and measurements came damaged and are not kept: draw them again, then sign. All else is kept."
)


class SignForm(SignPage):
    """A doctor's word about a study: one finding for its films, or a film's own, and all beside it."""

    def clean(self) -> dict[str, Any]:
        words = super().clean() or self.cleaned_data
        if words.get("decision") == REJECTED:
            words["finding"] = REJECTED
        shown = [film for film in map(self._film_word, self.value_of("film")) if film]
        if not shown:
            self.add_error(None, "The form was damaged on its way. Read the films again, then sign.")
        words["films"] = tuple(shown)
        needs = [
            film for film in shown if not film.finding and not (film.read and not all(f.read for f in shown))
        ]
        if needs and not words.get("finding") and "finding" not in self.errors:
            self.add_error("finding", CHOOSE)
        words["structured"] = self._structured(words)
        self._check_nothing_is_dropped(words["structured"], shown, needs)
        self._check_seen([film for film in shown if film.finding or film in needs], words)
        return words

    def words(self) -> StudyWords:
        """What is signed, once the form is valid."""
        said = self.cleaned_data
        return StudyWords(
            films=said["films"], finding=said["finding"], reason=said["reason"], note=said["note"],
            structured=said["structured"], critical=said["critical"],
        )  # fmt: skip

    def as_typed(self) -> dict[str, list[str]]:
        """All that was typed, to be kept until the signature is final."""
        left_out = (
            "csrfmiddlewaretoken",
            "form_of",
            "draft",
            "add_phrase",
            "phrase",
            "seen",
            "initial-watched",
            "next",
        )
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
            self._check_text(text, part, most)
        return FilmWord(
            scan=scan,
            prediction=_id(self.typed(f"{name}-prediction")),
            told=self.typed(f"initial-{name}-told"),
            last=_id(self.typed(f"{name}-last")),
            read=bool(self.typed(f"initial-{name}-read")),
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
                    f"side_{code}",
                    f"You chose a side of {code.label.lower()}: tick it, or take the side away.",
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

    def _check_nothing_is_dropped(
        self, said: Structured, shown: Sequence[FilmWord], needs: Sequence[FilmWord]
    ) -> None:
        """What no film of this signature would take is asked about: it would be lost without a word."""
        if shown and not needs and (said.further or said.zones):
            self.add_error(
                "further" if said.further else "zone_A",
                "Every film has its own word or keeps it: none takes what is ticked and graded here. Leave a "
                "film “as above”, or untick it and write it into the film’s note.",
            )
        signing = {str(film.scan) for film in (*needs, *(film for film in shown if film.finding))}
        for film in shown:
            if str(film.scan) in signing or not (
                film.note or film.reason or marks.of_film(said.annotations, str(film.scan))
            ):
                continue
            number = next((one.number for one in self.films if one.scan.public_id == film.scan), "")
            self.add_error(
                None,
                f"Film {number} keeps its signed word, so that your marks and your note on it would be lost. "
                "Give the film its own finding, or remove them.",
            )

    def _check_seen(self, signed: Sequence[FilmWord], words: Mapping[str, Any]) -> None:
        """With a script on the page that tells which films were opened, one that was not is asked about."""
        if not self.typed("initial-watched") or words.get("unseen_ok"):
            return
        seen, numbers = set(self.value_of("seen")), {film.scan.public_id: film.number for film in self.films}
        self.unseen = [
            numbers[film.scan] for film in signed if film.scan in numbers and str(film.scan) not in seen
        ]
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
