"""The figures of an evaluation as plain text that fits a terminal."""

from typing import Any

from diagnosis.cnn.findings import FINDINGS, NAMES


def as_text(report: dict[str, Any]) -> str:
    """Pooled figures with intervals, the confusion matrix, and a line a source."""
    pooled = report["pooled"]
    lines = [
        f"{report['bundle']['name']} {report['bundle']['version']}, "
        f"{report['data']['films']} films, split {report['data']['split'] or 'any'}",
        "",
        *_pooled(pooled),
        "",
        *_confusion(pooled["confusion"]),
        "",
        *_sources(report["sources"]),
        "",
        f"{report['data']['rows_without_label']} rows of the manifest have no label and were left out.",
        f"The film gate would refuse {report['refused_by_film_gate']} of {pooled['n']} films.",
        "Class and source are entangled in most public data: figures inside one source say more than the "
        "pooled ones, and films from elsewhere more than either.",
    ]
    return "\n".join(lines)


def _number(value: float | None, *, width: int = 0) -> str:
    return (f"{value:.3f}" if value is not None else "–").rjust(width)


def _interval(figure: dict[str, float | None]) -> str:
    if figure["value"] is None:
        return "–"
    return f"{_number(figure['value'])} [{_number(figure['low'])}, {_number(figure['high'])}]"


def _pooled(figures: dict[str, Any]) -> list[str]:
    lines = [
        "pooled                    value [95 % interval]",
        f"  accuracy                {_interval(figures['accuracy'])}",
        f"  macro AUROC             {_interval(figures['macro_auroc'])}",
    ]
    lines += [f"  AUROC {NAMES[finding]:<18}{_interval(figures['auroc'][finding])}" for finding in FINDINGS]
    lines += [
        f"  AUROC abnormal          {_interval(figures['auroc_abnormal'])}",
        f"  calibration error (ECE) {_number(figures['ece'])}",
        "",
        "class         films  sensitivity  specificity  sensitivity at specificity 0.95",
    ]
    for finding in FINDINGS:
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


def _confusion(matrix: list[list[int]]) -> list[str]:
    lines = ["true class ↓ likeliest →" + "".join(f"{NAMES[finding]:>12}" for finding in FINDINGS)]
    for finding, row in zip(FINDINGS, matrix, strict=True):
        lines.append(f"  {NAMES[finding]:<22}" + "".join(f"{count:>12}" for count in row))
    return lines


def _sources(sources: dict[str, dict[str, Any]]) -> list[str]:
    width = max(16, *(len(name) for name in sources))
    lines = [f"{'source':<{width}} films  accuracy              AUROC abnormal        ECE"]
    for name, figures in sources.items():
        lines.append(
            f"{name:<{width}} {figures['n']:>5}  {_interval(figures['accuracy']):<22}"
            f"{_interval(figures['auroc_abnormal']):<22}{_number(figures['ece'])}"
        )
        classes = ", ".join(
            f"{NAMES[finding]} {_interval(figures['auroc'][finding])}"
            for finding in FINDINGS
            if figures["auroc"][finding]["value"] is not None
        )
        if classes:
            lines.append(f"{'':<{width}}        AUROC {classes}")
        recalls = ", ".join(
            f"{NAMES[finding]} {_number(figures['sensitivity_specificity'][finding]['sensitivity'])} "
            f"(n = {figures['films'][finding]})"
            for finding in FINDINGS
            if figures["films"][finding]
        )
        lines.append(f"{'':<{width}}        sensitivity {recalls}")
        lines += [f"{'':<{width}}        {note}" for note in figures["notes"]]
    return lines
