"""The sections of the model card that say what the network is, what it is for and what it was made of."""

from collections import Counter, defaultdict
from typing import Any

from diagnosis.cnn.evaluation.manifest import SPLITS
from diagnosis.cnn.findings import NAMES
from research.model_card.contents import Contents
from research.model_card.markdown import number, percent, table


def summary(contents: Contents) -> list[str]:
    """Name, kind and origin of the bundle."""
    card, report = contents.card, contents.report
    size = card["input_size"]
    parameters = card["preprocessing"]
    border = f"{percent(parameters['border'])} of each side"
    looks_at = (
        f"the box around the lungs, which a small network of its own finds, without {border} of the film"
        if parameters.get("crop") == "lungs"
        else f"the film without {border}"
    )
    return [
        f"# Model card: {card['name']} {card['version']}",
        "",
        f"**{card['intended_use']}**",
        "",
        f"A convolutional network ({card['architecture']}) that reads one frontal chest film and answers "
        f"with probabilities of {_list([NAMES[finding] for finding in card['findings']])}. It sees "
        f"{looks_at}, squeezed to {size[0]} × {size[1]} pixels of grey.",
        "",
        f"This card is written by `python -m research.model_card` from the bundle (checksum "
        f"`{report['bundle']['checksum'][:16]}…`, made {card['made'][:10]}) and an evaluation of "
        f"{report['data']['films']} films, {_split_words(contents.split)} of a manifest with the fingerprint "
        f"`{report['data']['fingerprint'][:16]}…`"
        + (
            ", the one that it was trained with."
            if report["data"]["fingerprint"] == card["data"]["fingerprint"]
            else ", which is not the one that it was trained with."
        ),
        "",
    ]


def use(contents: Contents) -> list[str]:
    """What the network is for, and what it must not be used for."""
    findings = contents.card["findings"]
    warnings = [
        "to diagnose, to rule out or to triage disease in a person: it is not a medical device, no authority "
        "has assessed it, and nobody has tried it on patients;",
        "without a doctor who reads the film: it proposes, a person signs;",
        "on anything but frontal chest films: no lateral ones, no CT, no photographs of a screen. A gate "
        "refuses most of what is no chest film, not all of it;",
        "for other disease: a film with a tumour, an effusion or a broken rib has no right answer among its "
        "classes. “Normal” means none of its findings, not healthy;",
    ]
    if {"covid19", "pneumonia"} <= set(findings):
        warnings.append(
            "to tell COVID-19 from other pneumonia. Its figures for that are explained by age and source "
            "(see below); a laboratory test answers that question;"
        )
    warnings.append(
        "in a hospital whose films it has not been measured on: figures fall from one hospital to the next, "
        "and this card cannot say how far they fall in yours."
    )
    return [
        "## What it is for",
        "",
        "Research and teaching: to study how such networks behave, how their answers are shown, checked and "
        "signed, and where they fail.",
        "",
        "It must not be used",
        "",
        *(f"- {warning}" for warning in warnings),
        "",
    ]


def training(contents: Contents) -> list[str]:
    """Films by split, source and label; options; start weights; licences."""
    card = contents.card
    run, weights = card["training"], card.get("weights_started_from")
    lines = ["## What it was trained on", "", *_films(card), *_entangled(card), "### Terms", ""]
    lines += table(
        ["source", "terms"],
        [[source, "; ".join(terms)] for source, terms in sorted(card["data"]["licences"].items())],
    )
    if weights:
        lines += [f"{weights['what']}: {weights['source']}, {weights['licence']}.", ""]
    libraries = ", ".join(f"{name} {version}" for name, version in run["libraries"].items())
    lines += [
        "Weights made from films for research use are for research use, too.",
        "",
        "### How",
        "",
        f"{run['films_seen']} films seen in {number(run['minutes'], digits=0)} minutes, seed {run['seed']}, "
        f"with {libraries}. Probabilities: {card['calibration']['method']}, temperature "
        f"{number(card['calibration']['temperature'])}. Thresholds and the unsure band are chosen on the val "
        "split. All options of the run are in the bundle's `card.json`.",
        "",
    ]
    return lines


def _films(card: dict[str, Any]) -> list[str]:
    counts = Counter[tuple[str, str, str]]()
    for cell, films in card["data"]["films"].items():
        split, rest = cell.split("/", 1)
        source, label = rest.rsplit("/", 1)
        counts[split, source, label] += films
    cells = sorted({(source, label) for _, source, label in counts})
    rows = [
        [source, NAMES.get(label, label), *(str(counts[split, source, label]) for split in SPLITS)]
        for source, label in cells
    ]
    totals = [str(sum(films for cell, films in counts.items() if cell[0] == split)) for split in SPLITS]
    return table(["source", "class", *SPLITS], [*rows, ["all", "", *totals]])


def _entangled(card: dict[str, Any]) -> list[str]:
    """How far the source alone gives the class away, in the films of training."""
    by_source = defaultdict[str, Counter[str]](Counter)
    for cell, films in card["data"]["films"].items():
        split, rest = cell.split("/", 1)
        source, label = rest.rsplit("/", 1)
        if split == "train":
            by_source[source][label] += films
    films = sum(sum(labels.values()) for labels in by_source.values())
    guessed = sum(max(labels.values()) for labels in by_source.values())
    return [
        "Class and source are entangled: whoever knows only the source of a training film and names its "
        f"commonest class is right about {percent(guessed / films)} of them. A network can learn to read the "
        "source (letters, borders, resolution, the age of the child) instead of the lung, so figures inside "
        "one source say more than pooled ones, and films from elsewhere more than either.",
        "",
    ]


def _list(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _split_words(split: str | None) -> str:
    return f"the {split} split" if split else "all"
