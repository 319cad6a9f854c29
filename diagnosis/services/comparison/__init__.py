"""A candidate beside the active network: when they differ, with whom blind readers sided, what is enough.

`rule`: when two answers differ; `report`: the figures of all films that both have seen; `words`: the same for
people, and whether a promotion may follow.
"""

from diagnosis.services.comparison.report import compared
from diagnosis.services.comparison.rule import RULE, Said, differs, sides
from diagnosis.services.comparison.words import lines, shortfall

__all__ = ["RULE", "Said", "compared", "differs", "lines", "shortfall", "sides"]
