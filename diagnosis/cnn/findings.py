"""The classes that the network tells apart, in the order of its outputs, with the names people read."""

from typing import Final

FINDINGS: Final[tuple[str, ...]] = ("covid19", "pneumonia", "normal")

NAMES: Final[dict[str, str]] = {"covid19": "COVID-19", "pneumonia": "pneumonia", "normal": "normal"}

COVID19, PNEUMONIA, NORMAL = range(len(FINDINGS))


def index_of(finding: str) -> int:
    """Position of a finding in the network's output; ValueError names the ones there are."""
    try:
        return FINDINGS.index(finding)
    except ValueError:
        raise ValueError(f"unknown finding {finding!r}: expected one of {', '.join(FINDINGS)}") from None


def name_of(finding: str) -> str:
    """The name of a finding as people read it, such as "COVID-19"."""
    return NAMES[FINDINGS[index_of(finding)]]
