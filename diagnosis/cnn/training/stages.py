"""The stages of a run: one for each size of films, and how many steps and looks each takes."""

import math
from dataclasses import dataclass
from typing import Final

from diagnosis.cnn.training.options import TrainingOptions

STEPS_BY_CLOCK: Final = 500  # between two looks at most, where the clock says when a stage ends


@dataclass(frozen=True)
class Stage:
    """Films of one size. steps: between two looks, which is an epoch to Keras. until: the share of the budget
    after which it ends. looks: after how many looks of the whole run it ends, None where the clock decides.
    """

    side: int
    until: float
    steps: int
    looks: int | None


def stages_of(options: TrainingOptions, films: int) -> list[Stage]:
    """The stages of a run on so many films, those without a step left out.

    Looks are spread over the stages by their share of the steps, one at least. The steps of a stage become a
    multiple of its looks: a run may take a few steps more or less than its epochs.
    """
    starts = [start for start, _ in options.sizes]
    ends = [*starts[1:], 1.0]
    if options.minutes is not None:
        steps = min(math.ceil(films / options.batch), STEPS_BY_CLOCK)
        return [Stage(side, end, steps, None) for (_, side), end in zip(options.sizes, ends, strict=True)]
    total = math.ceil(options.epochs * films / options.batch)
    stages, looks = list[Stage](), 0
    for (start, side), end in zip(options.sizes, ends, strict=True):
        steps = math.ceil(end * total) - math.ceil(start * total)
        if steps:
            own = min(steps, max(1, round(options.looks * steps / total)))
            looks += own
            stages.append(Stage(side, end, max(1, round(steps / own)), looks))
    return stages


def steps_of(stages: list[Stage]) -> int:
    """The steps of a run by epochs."""
    looks = [0, *(stage.looks or 0 for stage in stages)]
    return sum(
        (after - before) * stage.steps for stage, before, after in zip(stages, looks, looks[1:], strict=False)
    )
