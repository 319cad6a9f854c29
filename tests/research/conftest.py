"""What tests of the studies share: drawn films, and how a command that refuses is asked why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from diagnosis.cnn.evaluation.manifest import Film
from diagnosis.cnn.findings import FINDINGS
from research.new_hospital.films import JudgedFilm
from tests.diagnosis.cnn.conftest import real_films, write_manifest
from tests.diagnosis.conftest import pneumonia_or_normal

__all__ = ["pneumonia_or_normal", "real_films", "refusal", "write_manifest"]


def judged(
    label: str, source: str = "x", split: str = "test", group: str = "", number: int = 0
) -> JudgedFilm:
    film = Film(f"{source}/{label}-{number}.png", label, source, split, group)
    index = FINDINGS.index(label) if label in FINDINGS else -1
    return JudgedFilm(film, Path(film.file), index, conflict=False)


def figure(value: float, low: float, high: float) -> dict[str, float | None]:
    return {"value": value, "low": low, "high": high}


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a study's `main` says when it ends without figures: its last words, or argparse's complaint."""

    def ask(main: Callable[[list[str]], None], *arguments: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        assert stop.value.code not in (0, None)
        return str(stop.value.code) + capsys.readouterr().err

    return ask
