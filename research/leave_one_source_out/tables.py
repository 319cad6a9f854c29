"""The figures of a study as a table, a line a source, and whether the targets are met."""

from typing import Any


def as_text(report: dict[str, Any]) -> str:
    """The report as a table, a line a source, and whether the targets are met."""
    seeds = report["seeds"]
    wide = max(16, *(len(source) + 2 for source in report["sources"]))
    head = f"{'left out':<{wide}}{'mean':>6}{'least':>7}{'most':>7}  "
    lines = [
        report["figure"] + " [95 % interval]",
        "",
        head + "".join(f"{f'seed {seed}':<22}" for seed in seeds) + "abnormal / normal films",
    ]
    for source, row in report["sources"].items():
        each = "".join(f"{interval(row[f'seed_{seed}']):<22}" for seed in seeds)
        numbers = f"{row['mean']:>6.3f}{row['least']:>7.3f}{row['most']:>7.3f}"
        lines.append(f"{source:<{wide}}{numbers}  {each}{row['abnormal_films']} / {row['normal_films']}")
    lines += [f"{'mean':<{wide}}{report['mean_over_sources']:>6.3f}", "", *_shares(report), *_carried(report)]
    for name, words in (("mean_over_sources", "mean over sources"), ("least_source", "least of a source")):
        target = report["targets"][name]
        which = f" ({target['source']})" if "source" in target else ""
        met = "met" if target["met"] else f"missed by {target['at_least'] - target['value']:.3f}"
        lines.append(f"{words} {target['value']:.3f}{which}, at least {target['at_least']:.2f} wanted: {met}")
    return "\n".join(lines)


def _shares(report: dict[str, Any]) -> list[str]:
    """The same as lines, from the network alone (0) to the level heads alone (1)."""
    rows = report.get("by_share_of_level_heads", {})
    lines = [
        f"{source:<20}" + "".join(f"{value:>7.3f}" for value in row.values()) for source, row in rows.items()
    ]
    head = "".join(f"{share:>7}" for share in next(iter(rows.values()), ()))
    return [f"{'by share of heads':<20}{head}", *lines, ""] if lines else []


def _carried(report: dict[str, Any]) -> list[str]:
    """What became of limits that were set on the known sources, a line a source and limit."""
    lines = []
    for source, row in report["sources"].items():
        for limit in ("sensitivity_95", "specificity_95"):
            name = f"_where_known_sources_have_{limit}"
            if f"sensitivity{name}" in row:
                kept, spared = (row[figure + name] for figure in ("sensitivity", "specificity"))
                words = limit.replace("_95", " 0.95")
                lines.append(
                    f"limit with {words} on known sources: in {source} sensitivity {kept:.2f}, "
                    f"specificity {spared:.2f}"
                )
    return [*lines, ""] if lines else []


def interval(figures: dict[str, Any]) -> str:
    """An AUROC with its interval."""
    return f"{figures['auroc']:.3f} [{figures['low']:.3f}, {figures['high']:.3f}]"
