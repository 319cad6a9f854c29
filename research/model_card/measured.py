"""The sections of the model card that say what was measured."""

from typing import Any

import numpy as np

from diagnosis.cnn.evaluation.calibration import p_abnormal
from diagnosis.cnn.findings import NAMES
from research.model_card.contents import Contents
from research.model_card.figures import BINS, LEAST_FILMS, LEAST_FOR_ECE, Figures, reliability
from research.model_card.markdown import ends, interval, number, percent, reported, table
from research.model_card.pictured import picture

POINTS = {"sensitivity_95": "sensitivity 0.95", "specificity_95": "specificity 0.95"}
GROUP_WORDS = {
    "source": "By source",
    "age group": "By age (a child is below 18 years, or one by the source's own word)",
    "sex": "By sex",
    "projection": "By projection",
}


def figures(contents: Contents) -> list[str]:
    """Pooled, and by every part."""
    pooled = contents.report["pooled"]
    rows = [["macro AUROC", reported(pooled["macro_auroc"])]]
    rows += [
        [f"AUROC {NAMES[finding]} against the rest", reported(figure)]
        for finding, figure in pooled["auroc"].items()
    ]
    rows.append(["AUROC abnormal against normal", reported(pooled["auroc_abnormal"])])
    rows += [
        [f"AUROC {_pair(name)}, films of the two", reported(figure)]
        for name, figure in pooled.get("auroc_pairs", {}).items()
    ]
    rows.append(["accuracy of the likeliest class", reported(pooled["accuracy"])])
    return [
        "## What was measured",
        "",
        f"{pooled['n']} films; in brackets 95 % intervals by bootstrap, whole patients drawn. A dash stands "
        f"where there are fewer than {LEAST_FILMS} films on one side of a figure; the calibration error "
        f"(ECE) of fewer than {LEAST_FOR_ECE} films would be chance and is left out. Films that the gate "
        f"would refuse are in the figures: {contents.report['refused_by_film_gate']} of {pooled['n']}; so "
        "are those that the portal would call unsure as unlike the training’s: "
        f"{contents.report['unfamiliar']}. Where "
        "every film of a part is right the bootstrap finds no width: that is few films, not certainty (of n "
        "films without an error up to 3/n may be wrong).",
        "",
        *table(["all films", "value [95 % interval]"], rows),
        *_covid19_pneumonia(contents),
        *(line for kind in contents.parts for line in _by_part(contents, kind)),
        *picture(contents, "roc", "ROC curves, with the area under each"),
        *picture(contents, "confusion", "Confusion matrices of all films and of each source"),
    ]


def _pair(name: str) -> str:
    return " against ".join(NAMES[finding] for finding in name.split(" v. "))


def _covid19_pneumonia(contents: Contents) -> list[str]:
    if contents.covid19_pneumonia is None:
        return []
    films = contents.answered.films
    shares = []
    for label in ("covid19", "pneumonia"):
        chosen = [film for film in films if film.label == label]
        children = sum(film.age_group == "child" for film in chosen) / len(chosen)
        others = {
            film.source for film in films if film.label in ("covid19", "pneumonia") and film.label != label
        }
        alone = sum(film.source not in others for film in chosen) / len(chosen)
        shares.append(
            f"of the {NAMES[label]} films {percent(children)} are known to be of children, and "
            f"{percent(alone)} come from sources without any of the other class"
        )
    return [
        f"**COVID-19 against other pneumonia: AUROC {interval(contents.covid19_pneumonia)}. Do not read this "
        f"as skill.** Age and source explain most of it: {'; '.join(shares)}. To tell a child from an "
        "adult, or one archive from another, is enough.",
        "",
    ]


def _by_part(contents: Contents, kind: str) -> list[str]:
    parts, findings = contents.parts[kind], contents.answered.findings
    rows = [[name, *_row(part)] for name, part in parts.items()]
    header = [kind, "films", *(NAMES[finding] for finding in findings)]
    return [
        f"### {GROUP_WORDS[kind]}",
        "",
        *table([*header, "AUROC abnormal against normal", "accuracy", "ECE"], rows),
    ]


def _row(part: Figures) -> list[str]:
    counts = [str(part.n), *map(str, part.films.values())]
    return [*counts, interval(part.auroc), interval(part.accuracy), number(part.ece)]


def operating_points(contents: Contents) -> list[str]:
    """The two thresholds on val and what they do on these films, pooled and part by part."""
    card = contents.card
    lines = [
        "## Thresholds",
        "",
        "Chosen on the val split, on the probability of an abnormal film. What a threshold was chosen for "
        "holds on val by construction; what it does elsewhere stands below.",
        "",
    ]
    chosen = [
        [
            POINTS.get(name, name),
            number(point["threshold"]),
            ends(point["sensitivity"], point.get("sensitivity_interval")) if "sensitivity_interval" in point
            else number(point["sensitivity"]),
            ends(point["specificity"], point.get("specificity_interval")) if "specificity_interval" in point
            else number(point["specificity"]),
            str(point["n"]),
        ]
        for name, point in card["operating_points"].items()
    ]  # fmt: skip
    lines += table(
        ["threshold for", "p abnormal ≥", "sensitivity on val", "specificity on val", "films"], chosen
    )
    for name in card["operating_points"]:
        rows = [["all films", *_at(contents.pooled, name)]]
        for kind in contents.parts:
            rows += [[f"{kind}: {part}", *_at(values, name)] for part, values in contents.parts[kind].items()]
        lines += [
            f"At the threshold for {POINTS.get(name, name)}, on the evaluated films:",
            "",
            *table(["films", "n", "sensitivity", "specificity"], rows),
        ]
    return lines


def _at(part: Figures, name: str) -> list[str]:
    point = part.points[name]
    cells = (ends(point[side], point[f"{side}_interval"]) for side in ("sensitivity", "specificity"))
    return [str(part.n), *cells]


def unsure(contents: Contents) -> list[str]:
    """The band in which a person reads first: how much is decided outside it, and how often wrongly."""
    band = contents.card["unsure_band"]
    rows = [["all films", *_decided(contents.pooled)]]
    for kind in contents.parts:
        rows += [[f"{kind}: {name}", *_decided(part)] for name, part in contents.parts[kind].items()]
    return [
        "## When it is unsure",
        "",
        f"Below {number(band['lower'])} the network calls a film normal, from {number(band['upper'])} on "
        "pathological, between the two it is unsure and a person reads first. “Decided” is the share of "
        "films outside that band; “wrong, decided” the share of these on the wrong side; “wrong, unsure” "
        "what the likelier side would have got wrong inside the band. (The portal is also unsure where three "
        "looks at one film fall on both sides of the band, and of films unlike those of the training; that "
        "is not counted here.)",
        "",
        *table(["films", "n", "decided", "wrong, decided", "wrong, unsure"], rows),
        *picture(contents, "risk-coverage", "Error against the share of films decided, the surest first"),
    ]


def _decided(part: Figures) -> list[str]:
    return [str(part.n), *map(interval, (part.decided, part.wrong_decided, part.wrong_unsure))]


def calibration(contents: Contents) -> list[str]:
    """Whether probabilities mean what they say."""
    answered = contents.answered
    right = answered.probabilities.argmax(axis=1) == answered.labels
    confidence = answered.probabilities.max(axis=1)
    scores, abnormal = p_abnormal(answered.probabilities, answered.labels)
    return [
        "## Whether its probabilities are honest",
        "",
        f"Expected calibration error (Guo et al. 2017, {BINS} bins): "
        f"**{number(contents.report['pooled']['ece'])}** on these films. On films from elsewhere it will be "
        "larger: a temperature fitted here cannot know them.",
        "",
        "Confidence in the likeliest class:",
        "",
        *_reliability(confidence, right, "share right"),
        "Probability of an abnormal film:",
        "",
        *_reliability(scores, abnormal, "share abnormal"),
        *picture(contents, "reliability", "Reliability diagrams"),
    ]


def _reliability(confidence: Any, true: Any, name: str) -> list[str]:
    rows = [
        [f"{low:.2f}–{high:.2f}", str(films), number(said), number(share)]
        for low, high, films, said, share in reliability(np.asarray(confidence), true)
    ]
    return table(["bin", "films", "what it says, mean", name], rows)
