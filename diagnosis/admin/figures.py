"""A model card's figures as a table, with one row per source of films."""

from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def figures_table(report: dict[str, Any]) -> SafeString:
    """The figures of a card's report, or a sentence if it has none."""
    rows = list(_figure_rows(report))
    if not rows:
        return SafeString("The model’s card has no figures.")
    head = (
        "Films from",
        "Films",
        "Accuracy",
        "Macro AUROC",
        "Abnormal AUROC",
        *_finding_heads(report),
        "ECE",
    )
    lines = [_row("th", head), *(_row("td", row) for row in rows)]
    return format_html(
        '<p class="figures-note">With 95 % intervals. A high figure over all sources can come from '
        "telling the sources apart: read the lines of single sources first. Research use only, not "
        'a medical device.</p><table class="figures">{}</table>',
        format_html_join("", "{}", ((line,) for line in lines)),
    )


def _row(tag: str, cells: Any) -> SafeString:
    first, *rest = cells
    tag_open, tag_close = SafeString(f"<{tag}>"), SafeString(f"</{tag}>")
    body = format_html_join("", "{}{}{}", ((tag_open, cell, tag_close) for cell in rest))
    return format_html("<tr><th>{}</th>{}</tr>", first, body)


def _finding_heads(report: dict[str, Any]) -> list[str]:
    return [f"AUROC {finding}" for finding in report.get("findings", [])]


def _figure_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    parts = {"all together": report.get("pooled"), **report.get("sources", {})}
    for name, part in parts.items():
        if not isinstance(part, dict):
            continue
        auroc = part.get("auroc", {})
        figures = [part.get("accuracy"), part.get("macro_auroc"), part.get("auroc_abnormal")]
        figures += [auroc.get(finding) for finding in report.get("findings", [])]
        yield [name, part.get("n", ""), *(_interval(figure) for figure in figures), _number(part.get("ece"))]


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "–"


def _interval(figure: Any) -> SafeString | str:
    if not isinstance(figure, dict) or figure.get("value") is None:
        return "–"
    low, high = _number(figure.get("low")), _number(figure.get("high"))
    return format_html("{} <small>({}–{})</small>", _number(figure["value"]), low, high)
