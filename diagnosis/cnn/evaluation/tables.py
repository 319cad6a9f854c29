"""The figures of an evaluation as plain text that fits a terminal."""

from typing import Any

from diagnosis.cnn.findings import NAMES


def as_text(report: dict[str, Any]) -> str:
    """Pooled figures with intervals, the confusion matrix, and a line a source."""
    pooled, findings, data = report["pooled"], report["findings"], report["data"]
    lines = [
        f"{report['bundle']['name']} {report['bundle']['version']}, "
        f"{data['films']} films, split {data['split'] or 'any'}",
        "",
        *_pooled(pooled, findings),
        "",
        *_confusion(pooled["confusion"], findings),
        "",
        *_sources(report["sources"], findings),
        "",
        f"{data['rows_without_label']} rows of the manifest have no label and were left out.",
        *_outside(data["outside_task"], findings),
        f"The film gate would refuse {report['refused_by_film_gate']} of {pooled['n']} films, and leave "
        f"{report['unfamiliar']} to a person as unlike those that the network learnt from.",
        *_looks(report["looks"]),
        "Class and source are entangled in most public data: figures inside one source say more than the "
        "pooled ones, and films from elsewhere more than either.",
    ]
    return "\n".join(lines)


def _outside(films: int, findings: list[str]) -> list[str]:
    if not films:
        return []
    names = " and ".join(NAMES[finding] for finding in findings)
    return [f"{films} films have a label outside the network's task ({names}) and were left out."]


def _looks(figures: dict[str, Any]) -> list[str]:
    up, down = figures["up"], figures["down"]
    moved = f"Two more looks moved answers by {up:.2f} up and {down:.2f} down at most (log odds)"
    if figures["once"] is None:
        return [
            f"{moved}; the card does not say by how much they may, so every film is looked at three times."
        ]
    return [
        f"{moved}, {figures['farther']} of {figures['films']} films farther than the card says; "
        f"{figures['once']:.0%} are looked at once, {figures['told_otherwise']} of them would have been left "
        "to a person by three looks."
    ]


def _number(value: float | None, *, width: int = 0) -> str:
    return (f"{value:.3f}" if value is not None else "–").rjust(width)


def _interval(figure: dict[str, float | None]) -> str:
    if figure["value"] is None:
        return "–"
    return f"{_number(figure['value'])} [{_number(figure['low'])}, {_number(figure['high'])}]"


def _pooled(figures: dict[str, Any], findings: list[str]) -> list[str]:
    named = {"accuracy": figures["accuracy"], "macro AUROC": figures["macro_auroc"]}
    named |= {f"AUROC {NAMES[finding]}": figures["auroc"][finding] for finding in findings}
    named |= {f"AUROC {_pair(name)}": figure for name, figure in figures["auroc_pairs"].items()}
    named["AUROC abnormal"] = figures["auroc_abnormal"]
    lines = [
        f"{'pooled':<28}value [95 % interval]",
        *(f"  {name:<26}{_interval(figure)}" for name, figure in named.items()),
        f"  {'calibration error (ECE)':<26}{_number(figures['ece'])}",
        "",
        "class         films  sensitivity  specificity  sensitivity at specificity 0.95",
    ]
    for finding in findings:
        row = figures["sensitivity_specificity"][finding]
        names = ("sensitivity", "specificity", "sensitivity_at_specificity_95")
        cells = "".join(_number(row[name], width=13) for name in names)
        lines.append(f"  {NAMES[finding]:<12}{figures['films'][finding]:>5}{cells}")
    points = figures["operating_points"]
    lines += ["", "abnormal v. normal  threshold  sensitivity  specificity"]
    for name in (name for name in points if name != "triage"):
        point = points[name]
        lines.append(
            f"  {name:<18}{_number(point['threshold'], width=9)}{_number(point['sensitivity'], width=13)}"
            f"{_number(point['specificity'], width=13)}"
        )
    triage = points["triage"]
    lines.append(
        f"  triage: unsure {_number(triage['unsure'])}, abnormal called normal "
        f"{_number(triage['abnormal_called_normal'])}, normal called pathological "
        f"{_number(triage['normal_called_pathological'])}"
    )
    return lines


def _pair(name: str) -> str:
    """ "covid19 v. normal" as people read it."""
    return " v. ".join(NAMES[finding] for finding in name.split(" v. "))


def _confusion(matrix: list[list[int]], findings: list[str]) -> list[str]:
    lines = ["true class ↓ likeliest →" + "".join(f"{NAMES[finding]:>12}" for finding in findings)]
    for finding, row in zip(findings, matrix, strict=True):
        lines.append(f"  {NAMES[finding]:<22}" + "".join(f"{count:>12}" for count in row))
    return lines


def _sources(sources: dict[str, dict[str, Any]], findings: list[str]) -> list[str]:
    width = max(16, *(len(name) for name in sources))
    lines = [f"{'source':<{width}} films  accuracy              AUROC abnormal        ECE"]
    for name, figures in sources.items():
        lines.append(
            f"{name:<{width}} {figures['n']:>5}  {_interval(figures['accuracy']):<22}"
            f"{_interval(figures['auroc_abnormal']):<22}{_number(figures['ece'])}"
        )
        classes = ", ".join(
            f"{NAMES[finding]} {_interval(figures['auroc'][finding])}"
            for finding in findings
            if figures["auroc"][finding]["value"] is not None
        )
        if classes:
            lines.append(f"{'':<{width}}        AUROC {classes}")
        pairs = figures["auroc_pairs"].items()
        if pairs:
            said = ", ".join(f"{_pair(name)} {_interval(figure)}" for name, figure in pairs)
            lines.append(f"{'':<{width}}        AUROC of these films alone: {said}")
        recalls = ", ".join(
            f"{NAMES[finding]} {_number(figures['sensitivity_specificity'][finding]['sensitivity'])} "
            f"(n = {figures['films'][finding]})"
            for finding in findings
            if figures["films"][finding]
        )
        lines.append(f"{'':<{width}}        sensitivity {recalls}")
        lines += [f"{'':<{width}}        {note}" for note in figures["notes"]]
    return lines
