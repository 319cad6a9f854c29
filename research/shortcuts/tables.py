"""The figures of a shortcut audit as plain text that fits a terminal."""

import textwrap
from typing import Any, Final

from diagnosis.cnn.findings import NAMES
from research.shortcuts.source_probe import ALL_FILMS, READ_FROM

WIDTH: Final = 112
READ_FROM_WORDS: Final = ("pooled features", "gate features", "probabilities", "true label")
VARIANT_WORDS: Final = {
    "untouched": "the film itself",
    "lungs_black": "lungs black",
    "lungs_grey": "lungs grey",
    "only_lungs": "all else black",
}


def audit_as_text(report: dict[str, Any]) -> str:
    """Source probe, AUROC inside sources and what hiding does, each target beside its figure."""
    bundle, data, probe = report["bundle"], report["data"], report["source_probe"]
    lines = [
        f"{bundle['name']} {bundle['version']}, {data['films']} films, split {data['split']}; "
        "values with their 95 % interval",
        "",
        *_probe(probe, report["targets"]["source_probe"], data),
        "",
        *_within(report["within_sources"]),
        "",
        *_hidden(report["hidden"], data),
        *_without_lungs(report["targets"]),
        "",
        *_made_worse(report["made_worse"]),
    ]
    if data["outside_task"]:
        lines.append(
            f"{data['outside_task']} films have a label outside the network's task and were left out."
        )
    return "\n".join(lines)


def _probe(probe: dict[str, Any], target: dict[str, Any], data: dict[str, Any]) -> list[str]:
    lines = [
        f"source read by a linear probe (balanced accuracy), fitted on {data['films_for_the_probe']} films",
        f"  {'':<11}sources films chance  " + "".join(f"{words:<21}" for words in READ_FROM_WORDS),
    ]
    for part, row in probe["balanced_accuracy"].items():
        name = "all" if part == ALL_FILMS else NAMES[part]
        lines.append(
            f"  {name:<11}{row['sources']:>7}{row['films']:>6}{_number(row['chance']):>7}  "
            + "".join(f"{_interval(row[source]):<21}" for source in READ_FROM)
        )
    if probe["by_source"]:
        read = ", ".join(f"{name} {_number(row['read_right'])}" for name, row in probe["by_source"].items())
        lines += _wrapped(f"read right from the pooled features: {read}")
    lines += [line for note in probe["notes"] for line in _wrapped(note)]
    return [*(line.rstrip() for line in lines), f"  Target on all films: {_target(target)}"]


def _within(sources: dict[str, Any]) -> list[str]:
    if not sources:
        return ["No source has both abnormal and normal films: no AUROC inside one."]
    lines = [f"{'AUROC abnormal v. normal inside a source':<44}abnormal  normal"]
    for name, row in sources.items():
        lines.append(
            f"  {name:<20}{_interval(row['auroc_abnormal']):<21}{row['abnormal']:>8}{row['normal']:>8}"
        )
    return lines


def _hidden(hidden: dict[str, Any], data: dict[str, Any]) -> list[str]:
    variants = hidden["pooled"]

    def row(name: str, figures: list[Any]) -> str:
        cells = [_interval(value) if isinstance(value, dict) else _number(value) for value in figures]
        return f"  {name:<26}" + "".join(f"{cell:<21}" for cell in cells)

    lines = [
        f"parts hidden: {data['films_with_lungs_found']} films whose lungs were found, "
        f"{data['films_without_lungs_found']} others left out",
        row("", []) + "".join(f"{VARIANT_WORDS[name]:<21}" for name in variants),
        row("macro AUROC", [figures["macro_auroc"] for figures in variants.values()]),
        row("AUROC abnormal", [figures["auroc_abnormal"] for figures in variants.values()]),
    ]
    for source, figures in hidden["auroc_abnormal_by_source"].items():
        lines.append(row(f"  {source}", [figures[name] for name in variants]))
    lines.append(row("decided, not unsure", [figures["decided"] for figures in variants.values()]))
    return [line.rstrip() for line in lines]


def _made_worse(rows: dict[str, Any]) -> list[str]:
    """What tools do to a film, and what that does to the answer; a line a change."""
    head = ("macro AUROC", "AUROC abnormal", "decided", "overturned", "shift of p")
    lines = ["films made worse", f"  {'':<20}" + "".join(f"{words:<21}" for words in head)]
    for name, row in rows.items():
        cells = [_interval(row["macro_auroc"]), _interval(row["auroc_abnormal"])]
        cells += [_number(row["decided"]), _number(row["overturned"]), f"{row['shift']:+.3f}"]
        lines.append(f"  {VARIANT_WORDS.get(name, name):<20}" + "".join(f"{cell:<21}" for cell in cells))
    return [line.rstrip() for line in lines]


def _without_lungs(targets: dict[str, Any]) -> list[str]:
    lines = [
        f"  Target with {VARIANT_WORDS[name]}: macro AUROC {_target(targets[f'macro_auroc_{name}'])}"
        for name in ("lungs_black", "lungs_grey")
    ]
    return [
        *lines,
        "  Painted lungs keep their outline: what an outline says of a film stays in these figures.",
    ]


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _target(target: dict[str, Any]) -> str:
    said = {True: "met", False: "missed", None: "not measured"}[target["met"]]
    return f"{_number(target['figure']['value'])}, target {target['target']}: {said}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(figure: dict[str, float | None]) -> str:
    if figure["value"] is None:
        return "–"
    return f"{_number(figure['value'])} [{_number(figure['low'])}, {_number(figure['high'])}]"
