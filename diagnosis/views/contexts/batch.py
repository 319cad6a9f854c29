"""What the page of many films shows: a row a film, whose its number is, and what was sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dateformat import format as date_format

from diagnosis import births, spelling
from diagnosis.forms import BatchFilmForm
from diagnosis.models import Batch, BatchFilm, BatchState, Patient, Sex
from diagnosis.services import batches
from diagnosis.services.filing import birth_of, facts_of, taken_of

DAY = "j M Y"
_PERSON = ("first_name", "last_name", "birth_date", "sex")


@dataclass(frozen=True)
class Row:
    """One film. patient: whom the clinic has under the typed number. alike: whom a new one resembles.

    is_first: no row above has the same number, so this one asks who it is.
    """

    film: BatchFilm
    form: BatchFilmForm | None
    patient: Patient | None
    alike: list[Patient]
    says: str
    is_first: bool

    @property
    def is_new(self) -> bool:
        """Whether its number is nobody's yet."""
        return self.patient is None and bool(spelling.key(self.film.typed.get("number", "")))

    @property
    def is_open(self) -> bool:
        """Whether its boxes about the person are shown: once for a new one, and where one is wrong."""
        wrong = self.form is not None and any(name in self.form.errors for name in _PERSON)
        return wrong or (self.is_new and self.is_first)

    @property
    def is_left_behind(self) -> bool:
        return batches.is_left_behind(self.film)


def rows_of(batch: Batch, films: Sequence[BatchFilm]) -> list[Row]:
    """The rows of these films."""
    owners = batches.owners_of(batch, films)
    wanted = {one for film in films for one in film.alike}
    known = {str(one.public_id): one for one in _patients(batch, wanted)}
    firsts = _firsts(batch)
    return [
        Row(
            film=film,
            form=BatchFilmForm(film, checked=film.tried) if film.state == BatchState.DRAFT else None,
            patient=owners.get(film.pk),
            alike=[known[one] for one in film.alike if one in known],
            says=_said(batch, film),
            is_first=film.pk in firsts,
        )
        for film in films
    ]


def named_in(rows: Iterable[Row]) -> list[Patient]:
    """Every patient on record whom the rows show."""
    return list({one.pk: one for row in rows for one in (*row.alike, row.patient) if one}.values())


def note_named(rows: Iterable[Row]) -> None:
    """Note at the films whom these rows name for their numbers."""
    named = list(rows)
    batches.note_shown(
        [row.film for row in named], {row.film.pk: row.patient for row in named if row.patient is not None}
    )


def _firsts(batch: Batch) -> set[int]:
    """The first film of each number that is typed in the list."""
    found: dict[str, int] = {}
    for pk, typed in batch.films.filter(state=BatchState.DRAFT).order_by("pk").values_list("pk", "typed"):
        found.setdefault(spelling.key(typed.get("number", "")), pk)
    return set(found.values())


def _patients(batch: Batch, public_ids: set[str]) -> Iterable[Patient]:
    return Patient.objects.filter(clinic=batch.clinic_id, public_id__in=public_ids) if public_ids else ()


def _said(batch: Batch, film: BatchFilm) -> str:
    """What a DICOM film says of itself, in a line, to compare with what is typed."""
    if not film.header:
        return ""
    facts = facts_of(film.header)
    born, taken = birth_of(facts), taken_of(facts, batch.clinic)
    words: list[Any] = [
        f"{facts.first_name} {facts.last_name}".strip() or "no name",
        f"born {births.in_words(born)}" if born else "",
        str(Sex(facts.sex).label).lower() if facts.sex not in ("", Sex.UNKNOWN) else "",
        f"taken {date_format(taken, DAY)}" if taken else "",
        f"accession number {facts.accession_number}" if facts.accession_number else "",
    ]
    return ", ".join(filter(None, words))
