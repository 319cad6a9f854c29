"""Turns a radiograph's pixels into the network's input, for training and serving alike.

1. Crop to a box: the lungs with a margin if `crop` is "lungs" (`lungs.py` finds them), else the film, always
   without its outermost part (`border`: letters, collimator edges, white frames).
2. Squeeze the box to a square. The aspect ratio is *not* kept: bars beside a letterboxed film would tell the
   network which source it came from, and a thorax squeezed by a fifth is still a thorax.
3. Reduce it to `resolution` pixels a side: what is finer is grain, sharpness and compression, and tells the
   machine more than the lungs (research/README.md).
4. Stretch the 1st and 99th percentile to black and white.
5. Round to whole grey levels, so that training's uint8 cache and serving's array are the same bytes, and
   bring it to the network's size.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PREPROCESSING_VERSION: Final = 3
KNOWN_VERSIONS: Final = (2, 3)  # 2 knew no resolution

# left, top, right, bottom as shares of the film's width and height
Box = tuple[float, float, float, float]
FULL_FILM: Final[Box] = (0.0, 0.0, 1.0, 1.0)
Crop = Literal["film", "lungs"]


@dataclass(frozen=True)
class PreprocessingParameters:
    """Everything that determines the network's input; stored in the bundle's card.

    size: side of the square input in pixels. border: share of width and height cut at each side.
    low, high: percentiles (0-100) stretched to black and white. reducing_gap: Pillow's shortcut for
    large films (a box reduction first, then the bicubic filter). crop: "lungs" looks at the lungs' box only.
    resolution: pixels across the box that are left of the film, brought to `size` afterwards; 0 for all.
    """

    version: int = PREPROCESSING_VERSION
    size: int = 224
    border: float = 0.04
    low: float = 1.0
    high: float = 99.0
    reducing_gap: float = 3.0
    crop: Crop = "film"
    resolution: int = 0

    def __post_init__(self) -> None:
        if self.version not in KNOWN_VERSIONS:
            raise ValueError(
                f"preprocessing version {self.version!r} is none of those that this release implements: "
                + ", ".join(map(str, KNOWN_VERSIONS))
            )
        if self.resolution and not 16 <= self.resolution <= self.size:
            raise ValueError(f"a resolution is 16 pixels to the input's {self.size}, not {self.resolution}")
        # More could leave nothing of a box around lungs at one side.
        if not 0 <= self.border <= 0.2:
            raise ValueError(f"border is the share cut at each side, 0 to 0.2, not {self.border}")

    def to_card(self) -> dict[str, Any]:
        """The parameters as JSON values."""
        return asdict(self)

    @classmethod
    def from_card(cls, values: dict[str, Any]) -> "PreprocessingParameters":
        """The parameters that `to_card` wrote; ValueError if this code does not know their version."""
        return cls(**{"version": None, **values})

    def box(self, lungs: Box = FULL_FILM) -> Box:
        """The box of a film that the network sees, given the lungs' box; never the film's own border."""
        border = (self.border, self.border, 1 - self.border, 1 - self.border)
        if self.crop == "film" or lungs == FULL_FILM:
            return border
        left, top, right, bottom = lungs
        return max(left, border[0]), max(top, border[1]), min(right, border[2]), min(bottom, border[3])


@dataclass(frozen=True)
class NetworkInput:
    """The network's input: grey levels, float32 (size, size, 1), whole numbers 0-255, bone bright.

    sha256 is the digest of the same grey levels as uint8, row by row.
    """

    pixels: NDArray[np.float32]
    sha256: str


def to_grey_levels(
    pixels: NDArray[np.float32], parameters: PreprocessingParameters, lungs: Box = FULL_FILM
) -> NDArray[np.uint8]:
    """Film pixels (height, width), float32 0-1, bone bright -> uint8 (size, size), stretched to 0-255.

    lungs: the box around the lungs, used if the parameters crop to it. A film without contrast becomes black.
    Raises ValueError for anything except a two-dimensional, non-empty array.
    """
    if pixels.ndim != 2 or 0 in pixels.shape:
        raise ValueError(f"a film has two dimensions and at least one pixel, got shape {pixels.shape}")
    height, width = pixels.shape
    left, top, right, bottom = parameters.box(lungs)
    box = (width * left, height * top, width * right, height * bottom)
    film = Image.fromarray(np.ascontiguousarray(pixels, dtype=np.float32))
    side = parameters.resolution or parameters.size
    square = np.asarray(
        film.resize(
            (side, side),
            Image.Resampling.BICUBIC,
            box=box,
            reducing_gap=parameters.reducing_gap,
        )
    )
    low, high = np.percentile(square, (parameters.low, parameters.high))
    if high - low < 1e-6:
        return np.zeros((parameters.size, parameters.size), dtype=np.uint8)
    stretched = np.clip((square - low) / (high - low), 0.0, 1.0)
    levels = np.asarray(np.rint(stretched * 255.0), dtype=np.uint8)
    if side == parameters.size:
        return levels
    whole = Image.fromarray(levels).resize((parameters.size, parameters.size), Image.Resampling.BICUBIC)
    return np.asarray(whole)


def to_network_input(
    pixels: NDArray[np.float32], parameters: PreprocessingParameters, lungs: Box = FULL_FILM
) -> NetworkInput:
    """Film pixels (height, width), float32 0-1 -> the network's input, with its digest."""
    grey = to_grey_levels(pixels, parameters, lungs)
    return NetworkInput(
        pixels=grey[..., np.newaxis].astype(np.float32), sha256=hashlib.sha256(grey.tobytes()).hexdigest()
    )
