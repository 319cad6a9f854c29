"""The classes that a network tells apart, in the order of its outputs, and their names for people."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

FINDINGS: Final[tuple[str, ...]] = ("covid19", "pneumonia", "normal")

NAMES: Final[dict[str, str]] = {"covid19": "COVID-19", "pneumonia": "pneumonia", "normal": "normal"}

# The tasks a network may be trained for: classes in the order of its outputs, "normal" always last.
TASKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "covid19-pneumonia-normal": FINDINGS,
        "covid19-normal": ("covid19", "normal"),
        "pneumonia-normal": ("pneumonia", "normal"),
    }
)


def task_of(findings: Sequence[str]) -> str:
    """The task with exactly these classes in this order; ValueError if there is none."""
    for task, names in TASKS.items():
        if names == tuple(findings):
            return task
    raise ValueError(f"{list(findings)} are not the classes of a task ({', '.join(TASKS)})")


def name_of(finding: str) -> str:
    """The name of a finding for people, for example "COVID-19"; ValueError lists the known ones."""
    try:
        return NAMES[finding]
    except KeyError:
        raise ValueError(f"unknown finding {finding!r}: expected one of {', '.join(FINDINGS)}") from None
