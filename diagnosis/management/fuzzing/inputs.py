"""Makes the numbered inputs of a run: the same seed and number give the same bytes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diagnosis.management.fuzzing import messages, network, seeds
from diagnosis.management.fuzzing.messages import Message, Part
from diagnosis.management.fuzzing.seeds import DICOM, Seed
from diagnosis.management.fuzzing.spoiling import Spoilt, spoil

FORM, REST, STOW, STORE = "form", "rest", "stow", "c-store"
DOORS: Final = (FORM, REST, STOW, STORE)
FROM_FILMS, ADD, NEW = "from films", "add", "new"
ADDED_TO: Final = (0, 0)  # the study that the page “add” is of: its patient and number
_MORE: Final = 0.3


@dataclass(frozen=True)
class Input:
    """What is sent. page: of the browser's. film: by C-STORE; said: the bytes of a conversation instead.

    films: how many a message holds that can be read as a whole; 0 where nobody can say.
    """

    number: int
    door: str
    how: tuple[str, ...]
    page: str = ""
    message: Message | None = None
    film: Seed | None = None
    said: bytes = b""
    films: int = 0

    @property
    def content(self) -> bytes:
        """The bytes that are kept of an input that failed."""
        if self.message is not None:
            return f"Content-Type: {self.message.content_type}\r\n\r\n".encode() + self.message.body
        return self.said or (self.film.content if self.film else b"")


def _unique(seed: int, number: int) -> int:
    return seed % 1000 * 1_000_000 + number


def made(seed: int, number: int, called: str, more: Sequence[Seed] = ()) -> Input:
    """Input `number` of a seed. called: the listener’s AE title. more: films to spoil besides the drawn."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 - to be repeated, not to be secret
    door = DOORS[number % len(DOORS)]
    if door == STORE:
        return _stored(chance, seed, number, called, more)
    maker = {FORM: _form, REST: _rest, STOW: _stow}[door]
    return maker(chance, seed, number, more)


def _film(
    chance: random.Random,
    unique: int,
    more: Sequence[Seed],
    *,
    dicom: float = 1,
    whose: tuple[int, int] | None = None,
) -> Spoilt:
    if more and chance.random() < _MORE:
        return spoil(chance, chance.choice(more))
    is_dicom = chance.random() < dicom
    return spoil(chance, seeds.film(chance, unique, whose) if is_dicom else seeds.picture(chance, unique))


def _films(
    chance: random.Random, unique: int, more: Sequence[Seed], *, dicom: float, whose: tuple[int, int] | None
) -> list[Spoilt]:
    count = chance.choice((1, 1, 1, 2, 3))
    return [_film(chance, unique, more, dicom=dicom, whose=whose) for _ in range(count)]


def _whose(chance: random.Random, own: float) -> tuple[int, int] | None:
    """One patient and study for every film of a message, or None for films of any."""
    whose = chance.randrange(seeds.PATIENTS), chance.randrange(seeds.STUDIES)
    return whose if chance.random() < own else None


def _how(films: Sequence[Spoilt], more: Sequence[str] = ()) -> tuple[str, ...]:
    return (*(f"{film.film.kind}: {name}" for film in films for name in film.how), *more)


def _form(chance: random.Random, seed: int, number: int, more: Sequence[Seed]) -> Input:
    page = chance.choice((FROM_FILMS, FROM_FILMS, ADD, NEW))
    whose = ADDED_TO if page == ADD and chance.random() < 0.8 else _whose(chance, 0.5)
    dicom = 0.95 if page == FROM_FILMS else 0.5 if page == ADD else 0.2
    films = _films(chance, _unique(seed, number), more, dicom=dicom, whose=whose)
    how = _how(films)
    parts = [
        Part("dicom" if page == FROM_FILMS else "films", film.content, _file_name(chance, film))
        for film in films
    ]
    packed = page == FROM_FILMS and chance.random() < 0.4
    if packed:
        content, wrong = messages.packed(chance, [film.content for film in films])
        parts, how = [Part("dicom", content, "films.zip")], (*how, *wrong)
    if page == NEW:
        facts = {
            "entry": f"e{seed}-{number}",
            "number": f"F-{number % 40}",
            "sex": "unknown",
            "pcr_result": "unknown",
        }
        facts |= {"taken_at": "2026-01-02T10:15", "films_chosen": "1"}
        parts = [*(Part(name, value.encode()) for name, value in facts.items()), *parts]
    message = messages.form(chance, parts)
    count = 0 if packed or message.how else len(films)
    return Input(number, FORM, (*how, *message.how), page, message, films=count)


def _rest(chance: random.Random, seed: int, number: int, more: Sequence[Seed]) -> Input:
    whose = _whose(chance, 0.8)
    films = _films(chance, _unique(seed, number), more, dicom=0.6, whose=whose)
    parts = [Part("film", film.content, _file_name(chance, film)) for film in films]
    if any(film.film.kind != DICOM for film in films) or chance.random() < 0.2:
        patient = whose[0] if whose and chance.random() < 0.8 else chance.randrange(40)
        parts.insert(0, Part("patient_number", f"F-{patient}".encode()))
    if chance.random() < 0.15:
        odd = chance.choice((b"", b"\xff", "Ａ".encode(), b"\0", b"x" * 70, b"20260199"))
        parts.append(
            Part(chance.choice(("patient_last_name", "patient_birth_date", "taken_at", "what")), odd)
        )
    message = messages.form(chance, parts)
    count = 0 if message.how else len(films)
    return Input(number, REST, _how(films, message.how), message=message, films=count)


def _stow(chance: random.Random, seed: int, number: int, more: Sequence[Seed]) -> Input:
    whose = _whose(chance, 0.3)
    films = _films(chance, _unique(seed, number), more, dicom=0.95, whose=whose)
    message = messages.related(chance, [film.content for film in films])
    count = 0 if message.how else len(films)
    return Input(number, STOW, _how(films, message.how), message=message, films=count)


def _stored(chance: random.Random, seed: int, number: int, called: str, more: Sequence[Seed]) -> Input:
    if chance.random() < 0.2:
        said, wrong = network.conversation(chance, seeds.film(chance, _unique(seed, number)), called)
        return Input(number, STORE, wrong, said=said)
    spoilt = _film(chance, _unique(seed, number), more)
    return Input(number, STORE, _how([spoilt]), film=spoilt.film, films=1)


def _file_name(chance: random.Random, film: Spoilt) -> str:
    usual = {"dicom": "film.dcm", "png": "film.png", "jpeg": "film.jpg"}.get(film.film.kind, "film")
    odd = ("x" * 300 + ".dcm", "../../film.png", "film.exe", "\u202egnp.mlif", "film", ".dcm", "DICOMDIR")
    return usual if chance.random() < 0.9 else chance.choice(odd)
