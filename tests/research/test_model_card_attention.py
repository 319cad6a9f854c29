"""Where the network looks, for the model card: mean maps, drawn regions, and the chest over them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.cnn.evaluation.manifest import Film, ManifestError
from diagnosis.cnn.preprocessing import FULL_FILM
from research.model_card.attention import Look, agreement, cells_of, mean_map, read_regions
from research.model_card.outline import lungs_outline


def test_a_mean_map_is_never_one_of_few_films() -> None:
    looks = [Look(np.full((7, 7), k / 40, np.float32), FULL_FILM, usual=True) for k in range(20)]
    mean, films = mean_map(looks)
    assert films == 20
    assert mean == pytest.approx(np.full((7, 7), 9.5 / 40))
    assert mean_map(looks[:19]) is None
    strange = Look(looks[0].activation, FULL_FILM, usual=False)
    assert mean_map([*looks[:19], strange]) is None


def test_films_behind_mean_maps_are_spread_over_the_cell() -> None:
    films = [Film(f"{k}", "normal", "big") for k in range(1000)] + [Film("x", "normal", "small")]
    cells = cells_of(films, most=100)
    assert len(cells["big", "normal"]) == 100
    assert (cells["big", "normal"][0], cells["big", "normal"][-1]) == (0, 999)
    assert cells["small", "normal"] == [1000]


def mask(path: Path, box: tuple[int, int, int, int]) -> Path:
    picture = Image.new("1", (70, 140), 0)
    picture.paste(1, box)
    picture.save(path)
    return path


def test_maps_agree_with_regions_as_far_as_their_mass_lies_inside(tmp_path: Path) -> None:
    left_half = mask(tmp_path / "left.png", (0, 0, 35, 140))
    flat = Look(np.full((7, 7), 0.5, np.float32), FULL_FILM, usual=True)
    peak = np.zeros((7, 7), np.float32)
    peak[3, 1] = 1.0
    names = np.array([str(k) for k in range(6)])
    blind = agreement([flat] * 6, [[left_half]] * 6, names, resamples=20)
    assert (blind["hits"]["n"], blind["inside"]["value"]) == (6, pytest.approx(0.5))
    assert blind["area"]["value"] == pytest.approx(0.5)
    looks = [Look(peak, FULL_FILM, usual=True)] * 5 + [Look(np.fliplr(peak).copy(), FULL_FILM, usual=True)]
    seeing = agreement(looks, [[left_half]] * 6, names, resamples=20)
    assert seeing["hits"]["value"] == pytest.approx(5 / 6)
    assert seeing["inside"]["value"] > 0.8
    # what lies outside the box that the network saw counts neither as area nor as reached
    lower = Look(flat.activation, (0.0, 0.5, 0.5, 1.0), usual=True)
    below = agreement([lower] * 6, [[left_half]] * 6, names, resamples=20)
    assert below["area"]["value"] == pytest.approx(1.0)
    nothing = agreement([flat] * 6, [[]] * 6, names, resamples=20)
    assert (nothing["hits"]["n"], nothing["hits"]["value"]) == (0, None)


def test_regions_that_cannot_be_used_are_told_in_words(tmp_path: Path) -> None:
    table = tmp_path / "regions.csv"
    with pytest.raises(ManifestError, match="cannot be read"):
        read_regions(table)
    table.write_text("film,opacity\na.png,b.png\n")
    with pytest.raises(ManifestError, match=r"no film with drawn regions \(columns: file, ground_glass"):
        read_regions(table)
    table.write_text("file,left_lung,ground_glass\na.png,gone.png,\n")
    with pytest.raises(ManifestError, match=r"(?s)a\.png: no such file.*gone\.png: no such file"):
        read_regions(table)


@pytest.mark.parametrize(("crop", "seen"), [("lungs", FULL_FILM), ("film", (0.04, 0.04, 0.96, 0.96))])
def test_the_drawn_chest_lies_inside_what_the_network_sees(crop: str, seen: tuple[float, ...]) -> None:
    right, left = lungs_outline(crop, seen)
    both = np.concatenate([right, left])
    assert both.min() > 0
    assert both.max() < 1
    assert right[:, 0].max() < left[:, 0].min() + 0.2
    assert np.array_equal(right[0], right[-1])
