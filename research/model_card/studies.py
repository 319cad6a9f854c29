"""Figures of other commands (leave one source out, shortcuts), read from JSON and printed as tables.

The only place that knows what these files look like, and it knows little: nested objects of numbers, words
and intervals become tables whatever they are called.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from diagnosis.cnn.evaluation.manifest import ManifestError
from research.model_card.markdown import number, table

INTERVAL: Final = ("low", "high")


def read_study(path: Path) -> dict[str, Any]:
    """The JSON object of a file; ManifestError where there is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ManifestError([f"{path}: these figures cannot be read ({error})"]) from error
    if not isinstance(values, dict):
        raise ManifestError([f"{path}: these figures are no JSON object"])
    return values


def tables_of(values: Mapping[str, Any], *, level: int = 3) -> list[str]:
    """Markdown lines of a nested object: plain values as one table, objects of the same shape as the rows of
    another, what is deeper under a heading of its own."""
    plain = {key: value for key, value in values.items() if _is_cell(value)}
    nested = {key: value for key, value in values.items() if not _is_cell(value)}
    lines = table(["", ""], [[_words(key), _cell(value)] for key, value in plain.items()]) if plain else []
    rows = {key: value for key, value in nested.items() if _is_row(value)}
    if len(rows) > 1:
        lines += _as_rows(rows)
        nested = {key: value for key, value in nested.items() if key not in rows}
    for key, value in nested.items():
        lines += [f"{'#' * min(level, 6)} {_words(key)}", ""]
        if isinstance(value, Mapping):
            lines += tables_of(value, level=level + 1)
        else:
            lines += _as_rows(
                {
                    str(each.get("name") or k): {key: value for key, value in each.items() if key != "name"}
                    for k, each in enumerate(value, 1)
                    if isinstance(each, Mapping)
                }
            )
    return lines


def _as_rows(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    body = [[_words(name), *(_cell(row.get(key)) for key in columns)] for name, row in rows.items()]
    return table(["", *map(_words, columns)], body)


def _is_interval(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) in ({"value", *INTERVAL}, {"auroc", *INTERVAL})


def _is_cell(value: Any) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return not any(isinstance(each, Mapping) for each in value)
    return _is_interval(value) or not isinstance(value, Mapping)


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_cell, value.values()))


def _cell(value: Any) -> str:
    if _is_interval(value):
        main = value["value"] if "value" in value else value["auroc"]
        return f"{number(main)} [{number(value['low'])}, {number(value['high'])}]"
    if isinstance(value, (list, tuple)):
        return ", ".join(": ".join(map(_cell, v)) if isinstance(v, list) else _cell(v) for v in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and (abs(value) >= 100 or 0 < abs(value) < 0.0005):  # a setting, no figure
        return f"{value:g}"
    if value is None or isinstance(value, float):
        return number(value)
    return str(value)


def _words(key: str) -> str:
    return key.replace("_", " ")
