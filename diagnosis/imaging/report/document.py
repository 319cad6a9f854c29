"""What a report says: plain values, which can be kept and give the same paper years later."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["DRAFT", "FINAL", "AMENDED"]
Paper = Literal["a4", "letter"]


@dataclass(frozen=True)
class Past:
    """A word that a later one replaced: shown struck through."""

    finding: str
    note: str
    signed: str
    replaced: str


@dataclass(frozen=True)
class Word:
    """A doctor's signed word about a film. `about`: what to know of it, such as that it differs.

    `zones`: grades by zone, and what follows from them in `sums`.
    """

    finding: str
    note: str
    name: str
    licence: str
    at: str
    about: str = ""
    further: tuple[str, ...] = ()
    zones: tuple[tuple[str, int], ...] = ()
    sums: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """A mark on a film: its points are parts of the picture's width and height, from the upper left.

    Without points it stands in words alone: the picture is turned otherwise than the one it was drawn on.
    """

    kind: str
    points: tuple[tuple[float, float], ...]
    words: str


@dataclass(frozen=True)
class Box:
    """What the network said of a film, by its model, and what that is worth in the clinic."""

    headline: str
    lines: tuple[str, ...] = ()
    model: str = ""
    limits: str = ""


@dataclass(frozen=True)
class Film:
    """A film. `picture`, `map`: names of pictures, "" where there is none; `without`: why; `shown`: how."""

    number: int
    caption: str
    picture: str = ""
    map: str = ""
    map_words: str = ""
    without: str = ""
    cautions: tuple[str, ...] = ()
    word: Word | None = None
    unsigned: str = ""
    past: tuple[Past, ...] = ()
    network: Box | None = None
    shown: str = "As taken, smaller"
    drawn: tuple[Drawn, ...] = ()


@dataclass(frozen=True)
class Prior:
    """The newest earlier film of the patient."""

    picture: str
    caption: str
    signed: str = ""


@dataclass(frozen=True)
class Document:
    """The whole report. `facts`: label and value of the patient's block; `notices`: told above all else.

    `read_by`: the clinic whose doctors read it for the other, with the head of its own paper.
    """

    clinic: str
    address: tuple[str, ...]
    logo: str
    paper: Paper
    status: Status
    patient: str
    number: str
    facts: tuple[tuple[str, str], ...]
    films: tuple[Film, ...]
    notices: tuple[str, ...] = ()
    prior: Prior | None = None
    prior_beside_each: bool = False  # documents from before it stood beside each film keep their bytes
    code: str = ""
    address_to_check: str = ""
    issued: str = ""
    stamp: str = "20000101000000"
    footer: tuple[str, ...] = field(default=())
    read_by: str = ""
    read_by_address: tuple[str, ...] = ()
    read_by_logo: str = ""


def to_json(document: Document) -> dict[str, Any]:
    """The document as values that every database keeps."""
    return asdict(document)


def from_json(values: dict[str, Any]) -> Document:
    """The document as it was kept."""
    return Document(
        **{
            **values,
            "address": tuple(values["address"]),
            "facts": tuple((label, value) for label, value in values["facts"]),
            "films": tuple(_film(film) for film in values["films"]),
            "notices": tuple(values["notices"]),
            "prior": Prior(**values["prior"]) if values["prior"] else None,
            "footer": tuple(values["footer"]),
            "read_by_address": tuple(values.get("read_by_address", ())),
        }
    )


def _film(values: dict[str, Any]) -> Film:
    network = values["network"]
    return Film(
        **{
            **values,
            "cautions": tuple(values["cautions"]),
            "word": _word(values["word"]) if values["word"] else None,
            "past": tuple(Past(**past) for past in values["past"]),
            "network": Box(**{**network, "lines": tuple(network["lines"])}) if network else None,
            "drawn": tuple(_drawn(mark) for mark in values.get("drawn", ())),
        }
    )


def _word(values: dict[str, Any]) -> Word:
    """A word as it was kept; documents of earlier releases know no further findings and no zones."""
    lists: dict[str, Any] = {name: tuple(values.get(name, ())) for name in ("further", "sums")}
    zones = tuple((zone, grade) for zone, grade in values.get("zones", ()))
    return Word(**{**values, **lists, "zones": zones})


def _drawn(values: dict[str, Any]) -> Drawn:
    points = tuple((across, down) for across, down in values["points"])
    return Drawn(kind=values["kind"], points=points, words=values["words"])
