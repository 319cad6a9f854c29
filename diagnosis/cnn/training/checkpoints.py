"""What lies in a run's folder: its state in words, the best averaged weights so far, and Keras' backup."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from diagnosis.cnn.training.options import TrainingOptions

BACKUP: Final = "backup"
WEIGHTS: Final = "{epoch:04d}.weights.h5"  # as ModelCheckpoint fills it in: the number of the look


class OtherRun(Exception):
    """The folder holds the checkpoints of a run with other options or on other films."""


def write_run(folder: Path, state: Mapping[str, Any]) -> None:
    """Write what is known of a run, renamed into place."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.partial").write_text(json.dumps(state, indent=1))
    (folder / "run.partial").rename(folder / "run.json")


def read_run(folder: Path) -> dict[str, Any]:
    """Step, history, options and origin of the last checkpoint."""
    run: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return run


def check_same(folder: Path, options: TrainingOptions, origin: Mapping[str, Any]) -> None:
    """Raise OtherRun where the folder belongs to a run with other options or films."""
    state = read_run(folder)
    if state["options"] != options.to_json():
        raise OtherRun(f"{folder} belongs to a run with other options: name another folder")
    if state["origin"] != origin:
        raise OtherRun(
            f"{folder} belongs to a run on other films, or on films cut another way: name another folder"
        )


def best_weights(folder: Path) -> tuple[int, Path]:
    """The look with the least loss on `val` and its weights; FileNotFoundError where there is none.

    Weights are kept each time they improve, so it is the last; one that a kill kept off the record is not
    counted.
    """
    looks = len(read_run(folder)["history"])
    for number in range(looks, 0, -1):
        if (path := folder / WEIGHTS.format(epoch=number)).exists():
            return number, path
    raise FileNotFoundError(f"{folder}: none of the {looks} looks at val left its weights")


def backups(folder: Path) -> list[Path]:
    """The whole backups in a folder, the newest last; each is named by its step."""
    return sorted(path for path in folder.glob("*") if path.name.isdecimal())


def clear(folder: Path) -> None:
    """Take away what a run before left, so that nothing of it is taken for this one's."""
    shutil.rmtree(folder / BACKUP, ignore_errors=True)
    for path in [*folder.glob("*.weights.h5"), folder / "run.json"]:
        path.unlink(missing_ok=True)


def forget_after(folder: Path, looks: int) -> None:
    """Take away weights of looks that a kill kept from being backed up: those looks will be others."""
    for path in folder.glob("*.weights.h5"):
        if int(path.name.partition(".")[0]) > looks:
            path.unlink()


def options_of(folder: Path) -> TrainingOptions:
    """The options of the run; OtherRun where this release does not have one of them."""
    values = read_run(folder)["options"]
    try:
        options = TrainingOptions.from_json(values)
    except TypeError as error:
        raise OtherRun(f"{folder} belongs to a run of another release ({error}): train again") from error
    return options


def origin_of(folder: Path) -> dict[str, Any]:
    """What the run's films were and how they were decoded."""
    origin: dict[str, Any] = read_run(folder)["origin"]
    return origin
