"""The figures as tables, each once as header and rows: in text for a terminal, in Markdown for a page."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from research import markdown
from research.new_hospital.side_by_side import compared
from research.new_hospital.wording import CHANGE_WORDS, TRUTH_WORDS

WIDTH: Final = 112
LIMITS: Final = (
    "Shares have Wilson's 95 % interval over patients, other figures a bootstrap of patients. Figures closer "
    "to each other than an interval is wide are equal."
)
COMPARISONS: Final = {
    "sources": "Sources", "leave-one-source-out, mean": "Leave-one-source-out, mean over sources",
    "changes": "The same film by another machine",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A title, what stands over the columns, the rows and a remark under them."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    remark: str = ""


def as_text(report: dict[str, Any]) -> str:
    """Every table for a terminal, columns aligned."""
    lines = [*textwrap.wrap(_heading(report), WIDTH), *textwrap.wrap(LIMITS, WIDTH)]
    for table in tables_of(report):
        widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
        lines += ["", table.title]
        for row in (table.header, *table.rows):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            lines.append(("  " + "  ".join(cells)).rstrip())
        lines += textwrap.wrap(table.remark, WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines)


def as_markdown(report: dict[str, Any]) -> str:
    """Every table in Markdown, with a heading each."""
    lines = [_heading(report), "", LIMITS, ""]
    for table in tables_of(report):
        lines += [f"### {table.title}", "", *markdown.table(table.header, table.rows)]
        lines += [table.remark, ""] if table.remark else []
    return "\n".join(lines)


def tables_of(report: dict[str, Any]) -> list[Table]:
    """The tables of each bundle, and of two of them what differs."""
    several = len(report["bundles"]) > 1
    tables = []
    for one in report["bundles"]:
        name = f", {_name(one)}" if several else ""
        tables += [_titled(table, name) for table in _tables_of_one(one)]
    if len(report["bundles"]) == 2:
        tables += _comparison(report)
    return tables


def _titled(table: Table, name: str) -> Table:
    return Table(table.title + name, table.header, table.rows, table.remark)


def _heading(report: dict[str, Any]) -> str:
    words = [
        f"{_name(one)}: normal below {one['bundle']['normal_below']:.3f}, pathological from "
        f"{one['bundle']['pathological_from']:.3f}"
        for one in report["bundles"]
    ]
    if not report["data"]["more_films"]:
        words.append("no further films were given (--more), so their sources are not measured")
    return "; ".join(words) + "."


def _name(one: dict[str, Any]) -> str:
    return f"{one['bundle']['name']} {one['bundle']['version']} ({one['bundle']['folder']})"


def _tables_of_one(one: dict[str, Any]) -> Iterator[Table]:
    if "sources" in one:
        yield _sources(one)
    if "leave_one_source_out" in one:
        yield _left_out(one["leave_one_source_out"])
    if "changes" in one:
        yield _changes(one["changes"])


def _sources(one: dict[str, Any]) -> Table:
    order = {"normal": 0, "abnormal": 1, "other": 2}
    rows = sorted(one["sources"], key=lambda row: (order[row["truth"]], row["seen"], row["source"]))
    left_out = one["films_left_out_of_sources"]
    return Table(
        "Sources: what is called what at the limits that ship",
        ("source", "films are", "training", "films / patients", "called pathological", "unsure",
         "called normal", "AUROC in the source"),
        [
            (
                row["source"], TRUTH_WORDS[row["truth"]], _training(row),
                f"{row['films']} / {row['patients']}", markdown.percents(row["pathological"]),
                markdown.percents(row["unsure"]), markdown.percents(row["normal"]),
                markdown.interval(row["auroc"]),
            )
            for row in rows
        ],
        "Unseen: all films; seen in training: the test split. False alarms: normal called pathological; "
        "missed: abnormal called normal; other: abnormal, but no class of the task. Left out: "
        f"{left_out['patients_learnt_from']} films of patients that were learnt from, "
        f"{left_out['conflicting_labels']} of conflicting labels.",
    )  # fmt: skip


def _training(row: dict[str, Any]) -> str:
    if row["seen"]:
        return "seen"
    return "unseen, test split" if row["judged_as_seen"] else "unseen"


def _left_out(report: dict[str, Any]) -> Table:
    rows = []
    looks = ("as_it_is", "brought_back_112")
    for row in report["rows"]:
        counts = f"{row['abnormal_films']} / {row['normal_films']}"
        for look in looks:
            folder = row["bundle"]["folder"]
            rows.append((row["source"], counts, CHANGE_WORDS[look], *_three(row[look]), folder))
    for look in looks:
        means = report["mean_over_sources"][look]
        count = f"{len(report['sources_in_the_mean'])} sources"
        rows.append(("mean", count, CHANGE_WORDS[look], *_three(means), ""))
    return Table(
        "Leave-one-source-out: of networks trained without a source, every film of it",
        ("left out", "abnormal / normal", "films are", "AUROC abnormal v. normal",
         "normal called pathological", "abnormal called normal", "bundle"),
        rows,
    )  # fmt: skip


def _three(figures: dict[str, Any]) -> tuple[str, str, str]:
    return (
        markdown.interval(figures["auroc"]),
        markdown.percents(figures["normal_called_pathological"]),
        markdown.percents(figures["abnormal_called_normal"]),
    )


def _changes(changes: dict[str, Any]) -> Table:
    films = max(row["films"] for row in changes.values())
    return Table(
        f"The same film by another machine: {films} films of the test split",
        ("change", "answers turned", "decisions turned", "AUROC abnormal", "macro AUROC", "ECE"),
        [
            (
                CHANGE_WORDS[name], markdown.percents(row["answers_turned"]),
                markdown.percents(row["decisions_turned"]), markdown.interval(row["auroc_abnormal"]),
                markdown.interval(row["macro_auroc"]), markdown.interval(row["ece"]),
            )
            for name, row in changes.items()
        ],
        "Turned: answers, the probability of abnormal across 0.5; decisions, from normal to pathological or "
        "back, across the unsure band. Softened by pixels of a film of 512, or by its own, which on a "
        "small film is far more. Definitions: diagnosis/cnn/training/data/corruptions.py.",
    )  # fmt: skip


def _comparison(report: dict[str, Any]) -> Iterator[Table]:
    old, new = report["bundles"]
    rows = compared(old, new)
    for part, title in COMPARISONS.items():
        own = [row for row in rows if row["part"] == part]
        if own:
            yield Table(
                f"{title}: {_name(old)} beside {_name(new)}",
                ("", "figure", "old", "new", "new is"),
                [
                    (row["what"], row["figure"], _cell(row["figure"], row["old"]),
                     _cell(row["figure"], row["new"]), row["verdict"])
                    for row in own
                ],
            )  # fmt: skip


def _cell(name: str, figure: dict[str, Any]) -> str:
    shares = "called" in name or "turned" in name
    return markdown.percents(figure) if shares else markdown.interval(figure)
