"""The sections of the model card that show where the network fails and where it looks."""

from typing import Final

from diagnosis.cnn.findings import NAMES
from research.model_card.attention import LEAST_FOR_MEAN, Agreement
from research.model_card.contents import Contents
from research.model_card.failures import Failures, Wrong
from research.model_card.markdown import interval, number, percent, table
from research.model_card.studies import tables_of

OF_DRAWN = {"all": "all of them", "not trained on": "those of val and test"}


def picture(contents: Contents, name: str, words: str) -> list[str]:
    """A picture with its words; nothing where it was not drawn. `{name}` becomes the path in `text.write`."""
    return [f"![{words}]({{{name}}})", ""] if name in contents.pictures else []


FAILURES: Final = (
    "source",
    "films",
    "likeliest class is wrong",
    "abnormal, called normal without doubt",
    "normal, called pathological without doubt",
    "which were mistaken",
)


def failures(contents: Contents) -> list[str]:
    """How often it is wrong, in which way, and where it was surest; with the maps of single films."""
    rows = [_of_source(source, part) for source, part in contents.failures.items()]
    lines = ["## Known failures", "", *table(FAILURES, rows)]
    surest = sorted(
        (each for part in contents.failures.values() for each in part.surest),
        key=lambda each: -each.probability,
    )
    if not surest:
        return [*lines, "No film of these was called something else than it is.", ""]
    return [
        *lines,
        "The films of each source that it was surest about, and wrong:",
        "",
        *table(["", "film", "is", "called", "with"], [_wrong(k, each) for k, each in enumerate(surest, 1)]),
        "Where it looked on the surest of them: the bare map, a cell for each place that the network tells "
        "apart, and over it a chest drawn from geometry alone. No film is shown here or anywhere in this "
        "project.",
        "",
        *picture(contents, "wrong maps", "Activation maps of single films with wrong answers"),
    ]


def _of_source(source: str, part: Failures) -> list[str]:
    kinds = (f"{NAMES[true]} called {NAMES[said]}: {films}" for (true, said), films in part.kinds.items())
    return [
        source,
        str(part.films),
        f"{part.wrong} ({percent(part.wrong / part.films)})",
        f"{part.missed} of {part.abnormal}",
        f"{part.alarms} of {part.normal}",
        ", ".join(kinds) or "none",
    ]


def _wrong(number: int, each: Wrong) -> list[str]:
    return [
        str(number),
        f"`{each.film.file}`",
        NAMES[each.film.label],
        NAMES[each.said],
        f"{each.probability:.3f}",
    ]


def attention(contents: Contents) -> list[str]:
    """Mean maps by source and class, and agreement with what radiologists drew."""
    lines = ["## Where it looks", ""]
    if contents.mean_maps:
        lines += [
            "Mean class activation maps (Zhou et al. 2016) by source and class, each from black to "
            "the peak in its title; a normal film shows what spoke, faintly, for the likelier finding. Over "
            "them a chest drawn from geometry "
            "alone. A map that lights up the same place in every film of a source, or lies outside the "
            "lungs, is a warning.",
            "",
            *picture(contents, "mean maps", "Mean activation maps by source and class"),
        ]
    if contents.too_few_maps:
        cells = ", ".join(f"{source} {NAMES[label]}" for source, label in contents.too_few_maps)
        lines += [f"Not shown, for fewer than {LEAST_FOR_MEAN} films: {cells}.", ""]
    if not contents.drawn:
        return [*lines, "No regions drawn by radiologists were at hand, so maps are compared with none.", ""]
    rows = [
        [region, OF_DRAWN[films], *_agreement(values)]
        for films, regions in contents.drawn.items()
        for region, values in regions.items()
    ]
    return [
        *lines,
        "Compared with regions that radiologists drew: the share of a map's mass inside the region, beside "
        "the share of what the network saw that the region covers (what a map that knows nothing would "
        "reach), and how often the map peaks inside (the pointing game of Zhang et al. 2018, without a "
        "margin).",
        "",
        *table(["region", "films", "n", "mass inside", "area of it", "peaks inside"], rows),
    ]


def _agreement(values: Agreement) -> list[str]:
    return [str(values.n), interval(values.inside), number(values.area), interval(values.hits)]


def studies(contents: Contents) -> list[str]:
    """Figures of other commands; where they are missing, which command makes them."""
    lines: list[str] = []
    for study in contents.studies:
        lines += [f"## {study.heading}", "", study.explanation, ""]
        if study.values is None:
            lines += [f"Not measured for this card; `python -m {study.command}` does.", ""]
        else:
            lines += [f"Measured by `python -m {study.command}`.", "", *tables_of(study.values)]
    return lines
