"""Every knob of a training run, with the values that the shipped bundle was trained with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from diagnosis.cnn.evaluation.manifest import Balance
from diagnosis.cnn.training.data.augmentation import AugmentationOptions

_SHARES = (
    "label_smoothing", "dropout", "ema", "mix_sources", "mix_style", "level_share", "level_hide",
    "level_worse",
)  # fmt: skip
# What a run was that does not name an option, since it is older than the option.
BEFORE: Final[Mapping[str, Any]] = MappingProxyType({"level_worse": 0.0})
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class TrainingOptions:
    """Every knob of a run; all of it goes into the bundle's card.

    minutes, where given, wins over epochs. sizes: (progress, side) pairs, the side that holds from that
    share of the budget on. looks: how many times a run looks at `val`, each of them a checkpoint.
    balance, power: how films are drawn (`dataset.sampling_weights`). bottleneck: channels behind the last
    ones, None for none; `cli` gives the architecture that ships its 12. ema: momentum of the weights' moving
    average, 0 for none. swa: the last share of the budget, over which the learning rate stands still and
    what is kept is the plain mean of the weights (Izmailov et al. 2018; batch norm's statistics are averaged
    with them here, and not measured anew); 0 for none, and where there is one it takes the place of ema.
    precision: "mixed_bfloat16" computes in sixteen bits where the processor is faster at it; weights,
    average and what is exported stay float32.

    Against shortcuts, each 0 for off: mix_sources, the share of films blended with one of the same class
    from another source; mix_style, the share of batches whose feature statistics are mixed between films
    (Zhou et al. 2021, "MixStyle"); adversary, the weight of a reversed gradient from a network that guesses
    the source (Ganin et al. 2016); group_robust, the step size of the weights of class x source cells
    (Sagawa et al. 2020, "group DRO").

    Level heads (`architectures.levels`) are fitted when the network is trained: level_share of the logits is
    theirs; level_penalty is their ridge, level_power their balance of class x source cells, level_hide the
    share of films that they see once more without lungs, and with no right answer, level_worse how much
    copies that are compressed, softened, sharpened or made smaller weigh beside the films themselves.
    """

    architecture: str = "efficientnet_lite0"
    task: str = "covid19-pneumonia-normal"
    minutes: float | None = None
    epochs: float = 3.0
    batch: int = 32
    learning_rate: float = 4e-4
    warm_up: float = 0.04
    weight_decay: float = 1e-4
    label_smoothing: float = 0.05
    dropout: float = 0.2
    frozen_blocks: int = 7
    bottleneck: int | None = None
    ema: float = 0.996
    swa: float = 0.0
    precision: Precision = "float32"
    sizes: tuple[tuple[float, int], ...] = ((0.0, 160), (0.72, 224))
    looks: int = 6
    balance: Balance = "cell"
    power: float = 0.5
    mix_sources: float = 0.0
    mix_style: float = 0.0
    adversary: float = 0.0
    group_robust: float = 0.0
    level_share: float = 0.6
    level_penalty: float = 3e-4
    level_power: float = 0.25
    level_hide: float = 0.0
    level_worse: float = 0.05
    seed: int = 20
    imagenet: bool = True
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)

    def __post_init__(self) -> None:
        if not 0 <= self.swa < 1:
            raise ValueError(f"swa is a share of the budget, 0 up to but not 1, not {self.swa}")
        if not (self.epochs > 0 and (self.minutes is None or self.minutes > 0)):
            raise ValueError("a run takes more than no epochs and more than no minutes")
        if self.batch < 1 or self.looks < 1:
            raise ValueError("a batch is one film at least, and a run looks at val once at least")
        if not self.learning_rate > 0:
            raise ValueError(f"the learning rate is more than nothing, not {self.learning_rate}")
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share, 0 to 1, not {getattr(self, name)}")
        odd = [side for _, side in self.sizes if side < 32 or side % 32]
        if odd:
            raise ValueError(f"the network's input is a multiple of 32 pixels wide, not {odd[-1]}")

    def to_json(self) -> dict[str, Any]:
        """The options as JSON values."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TrainingOptions":
        """Read back what `to_json` wrote; TypeError where a name is unknown."""
        augmentation: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values["augmentation"].items()
        }
        typed = {**BEFORE, **values}
        typed["sizes"] = tuple((start, side) for start, side in values["sizes"])
        typed["augmentation"] = AugmentationOptions(**augmentation)
        return cls(**typed)


def sizes_for(size: int) -> tuple[tuple[float, int], ...]:
    """Mostly at five sevenths of the network's input (160 px of 224), the last part at its full size."""
    if size < 128:
        return ((0.0, size),)
    return ((0.0, 32 * round(size * 5 / 7 / 32)), (0.72, size))
