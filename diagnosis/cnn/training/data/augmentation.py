"""Augmentation: films varied at random, so that the network learns the disease and not the hospital.

Resolution, compression, contrast, borders and letters give a source away; each is varied here.
Everything works on the cached grey levels (uint8, bone bright) with numpy and Pillow; a film at 160 px takes
about two milliseconds.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from diagnosis.cnn.training.flags import check_shares, option, share_names


@dataclass(frozen=True)
class AugmentationOptions:
    """How likely (0-1) and how strong each change is; `none()` switches all of them off."""

    crop_area: float = option(0.7, "smallest share of the film's area that is kept")
    crop_aspect: float = 1.2  # largest change of the aspect ratio
    crop: float = option(0.9, share=True)
    rotate: float = option(0.6, share=True)
    degrees: float = 12.0
    flip: float = option(0.5, share=True)
    low_resolution: float = option(0.0, "share of films with fewer pixels", share=True)
    low_resolution_from: int = 90  # side of the whole film in pixels, up to the network's 224
    jpeg: float = option(0.3, "share of films compressed once more", share=True)
    jpeg_quality: tuple[int, int] = (25, 95)
    blur: float = option(0.2, "share of films out of focus", share=True)
    blur_radius: float = 1.3
    clahe: float = option(0.06, "share of films with local contrast evened out", share=True)
    equalize: float = option(0.06, "share of films with their histogram evened out", share=True)
    gamma: float = option(0.4, "share of films lighter or darker in the middle greys", share=True)
    gamma_range: float = 1.7
    contrast: float = option(0.2, "share of films with another contrast and brightness", share=True)
    noise: float = option(0.2, "share of films with grain", share=True)
    noise_levels: float = 12.0
    patches: float = option(0.0, "share of films with bars and letters at the border", share=True)
    erase_marks: float = option(
        0.5, "share of films without letters, wires and clips outside the lungs, where these are found",
        share=True,
    )  # fmt: skip
    hide_lungs: float = option(
        0.1, 'share of films with the lungs painted over: the right answer is then "cannot say"', share=True
    )
    hide_outside: float = option(
        0.15, "share of films with all but the lungs painted over, or another film's", share=True
    )

    def __post_init__(self) -> None:
        check_shares(self, of=" of films")
        if not 0 < self.crop_area <= 1:
            raise ValueError(f"crop_area is a share of a film's area, above 0 up to 1, not {self.crop_area}")

    @classmethod
    def none(cls) -> "AugmentationOptions":
        """No augmentation at all: only the resize to the training size is left."""
        off: dict[str, Any] = dict.fromkeys(share_names(cls), 0.0)
        return cls(**off)


def augment(
    film: NDArray[np.uint8], *, size: int, options: AugmentationOptions, random: np.random.Generator
) -> NDArray[np.uint8]:
    """One film, uint8 (n, n), changed at random and brought to uint8 (size, size)."""
    image = Image.fromarray(film)
    full = image.width
    if random.random() < options.rotate:
        image = image.rotate(random.uniform(-options.degrees, options.degrees), Image.Resampling.BILINEAR)
    if random.random() < options.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    box = _crop_box(full, options, random) if random.random() < options.crop else (0, 0, full, full)
    image = image.resize((size, size), Image.Resampling.BICUBIC, box=box)
    image = _degrade(image, size / full, options, random)
    image = _equalise(image, options, random)
    grey = _tone(np.asarray(image), options, random)
    if random.random() < options.patches:
        grey = _patches(grey, random)
    return grey


def _crop_box(
    full: int, options: AugmentationOptions, random: np.random.Generator
) -> tuple[float, float, float, float]:
    area = random.uniform(options.crop_area, 1.0)
    aspect = np.exp(random.uniform(-1, 1) * np.log(options.crop_aspect))
    width = min(1.0, np.sqrt(area * aspect)) * full
    height = min(1.0, np.sqrt(area / aspect)) * full
    left, top = random.uniform(0, full - width), random.uniform(0, full - height)
    return (left, top, left + width, top + height)


def _degrade(
    image: Image.Image, scale: float, options: AugmentationOptions, random: np.random.Generator
) -> Image.Image:
    """Fewer pixels, softer, compressed: what happens to a film on its way through other people's tools."""
    size = image.width
    if random.random() < options.low_resolution:
        side = max(16, round(random.uniform(options.low_resolution_from, 224) * scale))
        methods = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)
        image = image.resize((side, side), methods[random.integers(len(methods))])
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    if random.random() < options.blur:
        image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.3, options.blur_radius)))
    if random.random() < options.jpeg:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(random.integers(*options.jpeg_quality)))
        image = Image.open(buffer).convert("L")
    return image


def _equalise(image: Image.Image, options: AugmentationOptions, random: np.random.Generator) -> Image.Image:
    draw = random.random()
    if draw < options.equalize:
        return Image.blend(image, ImageOps.equalize(image), random.uniform(0.3, 1.0))
    if draw < options.equalize + options.clahe:
        clip = random.uniform(1.5, 4.0)
        return Image.fromarray(clahe(np.asarray(image), tiles=int(random.integers(3, 8)), clip=clip))
    return image


def _tone(
    grey: NDArray[np.uint8], options: AugmentationOptions, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Gamma and contrast through one table, then grain."""
    levels = np.linspace(0.0, 1.0, 256)
    if random.random() < options.gamma:
        levels = levels ** np.exp(random.uniform(-1, 1) * np.log(options.gamma_range))
    if random.random() < options.contrast:
        levels = (levels - 0.5) * random.uniform(0.7, 1.3) + 0.5 + random.uniform(-0.12, 0.12)
    table = np.clip(levels * 255.0, 0, 255)
    if random.random() >= options.noise:
        return np.rint(table).astype(np.uint8)[grey]
    noise = random.standard_normal(grey.shape, dtype=np.float32) * random.uniform(1, options.noise_levels)
    return np.clip(table[grey] + noise, 0, 255).astype(np.uint8)


def _patches(grey: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Bars and letters at the border, where films carry their marks."""
    image = Image.fromarray(grey)
    draw, size = ImageDraw.Draw(image), image.width
    for _ in range(int(random.integers(1, 4))):
        level = (0, 255, int(random.integers(0, 256)))[random.integers(3)]
        along, depth = random.uniform(0.05, 1.0) * size, random.uniform(0.02, 0.1) * size
        start = random.uniform(0, size - along)
        if random.random() < 0.5:
            x, y = start, random.uniform(0, 0.12) * size
            if random.random() < 0.5:
                y = size * 0.88 - y
            letter = "LRPAX1789"[random.integers(9)]
            draw.text((x, y), letter, fill=level, font_size=float(random.uniform(0.06, 0.14) * size))
            continue
        near = depth if random.random() < 0.5 else size
        box = [start, near - depth, start + along, near]
        if random.random() < 0.5:
            box = [box[1], box[0], box[3], box[2]]
        draw.rectangle(box, fill=level)
    return np.asarray(image)


def clahe(grey: NDArray[np.uint8], *, tiles: int, clip: float) -> NDArray[np.uint8]:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994), uint8 (h, w) -> the same shape.

    tiles: number of tiles along each side. clip: largest histogram bin, in multiples of the mean bin.
    """
    height, width = grey.shape
    ys = np.linspace(0, height, tiles + 1).astype(int)
    xs = np.linspace(0, width, tiles + 1).astype(int)
    tables = np.empty((tiles, tiles, 256), dtype=np.float32)
    for row in range(tiles):
        for column in range(tiles):
            tile = grey[ys[row] : ys[row + 1], xs[column] : xs[column + 1]]
            counts = np.bincount(tile.ravel(), minlength=256).astype(np.float32)
            limit = clip * tile.size / 256
            excess = np.maximum(counts - limit, 0).sum()
            cumulative = np.cumsum(np.minimum(counts, limit) + excess / 256)
            tables[row, column] = cumulative * (255.0 / tile.size)
    row0, row1, down = _neighbours(height, tiles)
    column0, column1, right = _neighbours(width, tiles)
    down, right = down[:, None], right[None, :]
    upper = tables[row0[:, None], column0, grey] * (1 - right) + tables[row0[:, None], column1, grey] * right
    lower = tables[row1[:, None], column0, grey] * (1 - right) + tables[row1[:, None], column1, grey] * right
    return np.clip(upper * (1 - down) + lower * down, 0, 255).astype(np.uint8)


def _neighbours(length: int, tiles: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each pixel of a side the two nearest tile centres and the weight of the second."""
    place = (np.arange(length) + 0.5) * tiles / length - 0.5
    first = np.floor(place).astype(np.intp)
    weight = (place - first).astype(np.float32)
    return np.clip(first, 0, tiles - 1), np.clip(first + 1, 0, tiles - 1), weight
