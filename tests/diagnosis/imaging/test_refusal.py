"""A refusal that was raised in another process says the same as where it was raised."""

import multiprocessing
import pickle
from typing import NoReturn

import pytest

from diagnosis.cnn.quality.refusals import refusal
from diagnosis.imaging.refusal import DecodingTooSlow, FilmRefused, Refusal


def refuse(name: str) -> NoReturn:
    raise FilmRefused(Refusal.DAMAGED, "The file is damaged.", "Export it again.", name=name)


def test_a_refusal_comes_out_of_a_pool_of_processes_as_it_was_raised() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(FilmRefused) as caught:
        pool.map_async(refuse, ["film.png"]).get(timeout=60)
    assert str(caught.value) == "film.png: The file is damaged. Export it again."
    assert (caught.value.code, caught.value.name) == ("damaged", "film.png")


def test_how_sure_a_refusal_is_stays_with_it() -> None:
    again = pickle.loads(pickle.dumps(refusal("lateral", 0.97).named("side.png")))
    assert (type(again).__name__, again.code, again.name, again.confidence) == (
        "NotAChestRadiograph", "lateral", "side.png", 0.97,
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(DecodingTooSlow(3.5))).seconds == 3.5
