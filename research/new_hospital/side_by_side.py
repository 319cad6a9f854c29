"""Two bundles on the same films, figure by figure: equal, better or worse."""

from collections.abc import Iterator
from typing import Any, Final

from diagnosis.cnn.evaluation.report import Figure
from research.new_hospital import intervals
from research.new_hospital.answers import AS_IT_IS
from research.new_hospital.wording import CHANGE_WORDS, TRUTH_WORDS

# What of a row is compared, and whether more of it is better.
BY_TRUTH: Final = {
    "normal": (("pathological", False), ("normal", True)),
    "abnormal": (("pathological", True), ("normal", False)),
    "other": (("pathological", True), ("normal", False)),
}
OF_CHANGES: Final = (
    ("answers_turned", "answers turned over", False),
    ("decisions_turned", "decisions turned over", False),
    ("auroc_abnormal", "AUROC abnormal", True),
    ("macro_auroc", "macro AUROC", True),
    ("ece", "calibration error", False),
)
OF_LEFT_OUT: Final = (
    ("auroc", "AUROC abnormal", True),
    ("normal_called_pathological", "normal called pathological", False),
    ("abnormal_called_normal", "abnormal called normal", False),
)

Key = tuple[str, str, str]


def compared(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each figure that both bundles' reports have: part, what, figure, old, new, verdict."""
    before, after = dict(_figures(old)), dict(_figures(new))
    rows = []
    for key, (figure, higher_is_better) in before.items():
        if key not in after:
            continue
        other = after[key][0]
        said = intervals.verdict(figure, other, higher_is_better=higher_is_better)
        place = dict(zip(("part", "what", "figure"), key, strict=True))
        rows.append(place | {"old": figure, "new": other, "verdict": said})
    return rows


def _figures(report: dict[str, Any]) -> Iterator[tuple[Key, tuple[Figure, bool]]]:
    for row in report.get("sources", ()):
        for name, higher in BY_TRUTH[row["truth"]]:
            words = f"{TRUTH_WORDS[row['truth']]} called {name}"
            yield ("sources", row["source"], words), (row[name], higher)
    means = report.get("leave_one_source_out", {}).get("mean_over_sources", {})
    for look, figures in means.items():
        for name, words, higher in OF_LEFT_OUT:
            yield ("leave-one-source-out, mean", CHANGE_WORDS[look], words), (figures[name], higher)
    for change, row in report.get("changes", {}).items():
        for name, words, higher in OF_CHANGES:
            if change == AS_IT_IS and name.endswith("_turned"):
                continue
            # Without lungs there should be nothing to go by, so no answer is better for being turned.
            if change == "lungs_black":
                if name not in ("auroc_abnormal", "macro_auroc"):
                    continue
                higher = False
            yield ("changes", CHANGE_WORDS[change], words), (row[name], higher)
