"""Every knob of a training run, with the values that the shipped bundle was trained with."""

from dataclasses import dataclass, field

from diagnosis.cnn.training.augmentation import AugmentationOptions


@dataclass(frozen=True)
class TrainingOptions:
    """Every knob of a run; all of it goes into the bundle's card.

    minutes, where given, wins over epochs. sizes: (progress, side) pairs, the side that holds from that
    share of the budget on. evaluate_every: minutes between two looks at `val`, each of them a checkpoint.
    """

    minutes: float | None = None
    epochs: float = 8.0
    batch: int = 32
    learning_rate: float = 6e-4
    warm_up: float = 0.04
    weight_decay: float = 1e-4
    label_smoothing: float = 0.05
    dropout: float = 0.2
    frozen_blocks: int = 3
    ema: float = 0.996
    sizes: tuple[tuple[float, int], ...] = ((0.0, 160), (0.72, 224))
    evaluate_every: float = 6.0
    seed: int = 20
    imagenet: bool = True
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)


def sizes_for(size: int) -> tuple[tuple[float, int], ...]:
    """Mostly at five sevenths of the network's input (160 px of 224), the last part at its full size."""
    if size < 128:
        return ((0.0, size),)
    return ((0.0, 32 * round(size * 5 / 7 / 32)), (0.72, size))
