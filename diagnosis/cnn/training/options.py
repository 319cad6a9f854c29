"""Every knob of a training run, with the values that the shipped bundle was trained with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from diagnosis.cnn.evaluation.manifest import Balance
from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.training.data.augmentation import AugmentationOptions
from diagnosis.cnn.training.flags import check_shares, option

# The networks of `architectures`, which would cost TensorFlow's import, and their own defaults. Only the
# first has weights to start from. Few channels hold the findings and hardly the source: research/README.md.
ARCHITECTURES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "efficientnet_lite0": {"bottleneck": 12},
        "resnet50": {"imagenet": False},
        "inception_v3": {"imagenet": False},
        "vgg16": {"imagenet": False, "dropout": 0.5},
        "sequential_cnn": {"imagenet": False, "dropout": 0.5},
        "flattened_cnn": {"imagenet": False, "dropout": 0.5, "sizes": ((0.0, 224),)},
    }
)
# Blocks at random have learnt nothing that is worth keeping, or reading.
FROM_SCRATCH: Final[Mapping[str, Any]] = MappingProxyType({"frozen_blocks": 0, "level_share": 0.0})
# How long a run takes and which one it is, not how it learns.
BUDGET: Final = ("minutes", "epochs", "looks", "seed")
Levels = Literal["early", "middle"]
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class TrainingOptions:
    """Every knob of a run; all of it goes into the bundle's card.

    sizes: (progress, side) pairs, the side that holds from that share of the budget on. bottleneck: None for
    none; the command line gives each architecture its own defaults. precision: weights, their average and
    what is exported are float32 in any case. Level heads (`graph.LEVELS`) are fitted after training.
    """

    architecture: str = option("efficientnet_lite0", "the network", choices=tuple(ARCHITECTURES))
    task: str = option("covid19-pneumonia-normal", "the classes", choices=tuple(TASKS))
    minutes: float | None = option(None, "budget by the clock; wins over --epochs")
    epochs: float = option(3.0, "budget in passes over the films")
    batch: int = option(32, "films of a step")
    learning_rate: float = option(4e-4, "the highest, after the warm-up")
    warm_up: float = 0.04
    weight_decay: float = option(1e-4, "of AdamW")
    label_smoothing: float = option(0.05, "share of the right answer given to all classes", share=True)
    consistency: float = option(
        1.0, "weight of the distance between the answers to a film and to the same film by another machine; "
        "above 0, half of each batch are such copies",
    )  # fmt: skip
    dropout: float = option(0.2, "share of the features dropped before the last layer", share=True)
    frozen_blocks: int = option(11, "first blocks that stay as ImageNet left them")
    bottleneck: int | None = option(None, "channels before the answer, 0 for none")
    ema: float = option(0.996, "momentum of the weights' moving average, 0 for none", share=True)
    precision: Precision = option(
        "float32", "mixed_bfloat16 computes in sixteen bits: faster where the processor has them"
    )
    sizes: tuple[tuple[float, int], ...] = ((0.0, 160), (0.72, 224))
    looks: int = option(
        3, "checkpoints of a run by --epochs, each measured on val; every size of films has one at least"
    )
    balance: Balance = option("cell", "draw films alike, or even out classes, or class x source cells")
    power: float = option(0.5, "how far cells are evened out: 0 not at all, 1 wholly")
    level_share: float = option(0.6, "share of the level heads in the answer", share=True)
    levels: Levels = option("middle", "which layers the level heads read")
    level_penalty: float = option(0.02, "ridge of the level heads")
    level_power: float = option(0.5, "as --power, for the level heads")
    level_changed: float = option(
        1.0, "weight for the level heads of the films by another machine, beside the films' own", share=True
    )
    seed: int = option(20, "of everything that is drawn")
    imagenet: bool = option(True, "start from random weights")
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)

    def __post_init__(self) -> None:
        if not (self.epochs > 0 and (self.minutes is None or self.minutes > 0)):
            raise ValueError("a run takes more than no epochs and more than no minutes")
        if self.batch < 1 or self.looks < 1:
            raise ValueError("a batch is one film at least, and a run looks at val once at least")
        if not 0 <= self.consistency < float("inf"):
            raise ValueError(f"consistency is a weight from 0 up, not {self.consistency}")
        if self.consistency and self.batch % 2:
            raise ValueError(f"with consistency a batch is pairs of films, not {self.batch} films")
        if not self.learning_rate > 0:
            raise ValueError(f"the learning rate is more than nothing, not {self.learning_rate}")
        check_shares(self)
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
        sizes = tuple((start, side) for start, side in values["sizes"])
        return cls(**values | {"sizes": sizes, "augmentation": AugmentationOptions(**augmentation)})


@dataclass(frozen=True)
class LungOptions:
    """Every knob of a lung run. steps: batches of `batch` films; the rate falls along half a cosine."""

    steps: int = 3000
    batch: int = 24
    learning_rate: float = 3e-3
    seed: int = 20


def sizes_for(size: int) -> tuple[tuple[float, int], ...]:
    """Mostly at five sevenths of the network's input (160 px of 224), the last part at its full size."""
    if size < 128:
        return ((0.0, size),)
    return ((0.0, 32 * round(size * 5 / 7 / 32)), (0.72, size))


@dataclass(frozen=True)
class FilmCheckOptions:
    """Every knob of a run for the film checks. films: most of each source; copies: altered ones of each film.

    lateral_copies, other_copies: of each picture that is no frontal film; there are few of these.
    """

    films: int = 500
    copies: int = 4
    lateral_copies: int = 60
    other_copies: int = 20
    epochs: float = 9.0
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    seed: int = 20
