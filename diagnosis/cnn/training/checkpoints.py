"""Checkpoints of a run: the averaged weights, and everything an interrupted run needs to resume."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from diagnosis.cnn.training.options import TrainingOptions

if TYPE_CHECKING:
    from diagnosis.cnn.training.objective import Objective  # would bring TensorFlow along


class Run(Protocol):
    """What a checkpoint keeps of a run: where it stands, what it has measured, and its variables."""

    options: TrainingOptions
    objective: "Objective"
    origin: dict[str, Any]
    number: int
    elapsed: float
    last_look: int
    losses: list[float]
    history: list[dict[str, float]]


class OtherRun(Exception):
    """The folder holds the checkpoints of a run with other options or on other films."""


def save(folder: Path, run: Run) -> None:
    """Write the averaged weights and the run's whole state, which is renamed into place."""
    folder.mkdir(parents=True, exist_ok=True)
    run.objective.average.save_weights(folder / f"{run.number:06d}.weights.h5")
    arrays = {str(number): np.asarray(value) for number, value in enumerate(run.objective.variables())}
    state = {
        "step": run.number,
        "elapsed": run.elapsed,
        "last_look": run.last_look,
        "losses": run.losses,
        "history": run.history,
        "options": run.options.to_json(),
        "origin": run.origin,
    }
    partial = folder / "state.partial.npz"
    with partial.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays, run=np.array(json.dumps(state)))
    partial.rename(folder / "state.npz")
    _write_run(folder, state)


def _write_run(folder: Path, state: dict[str, Any]) -> None:
    (folder / "run.partial").write_text(json.dumps(state, indent=1))
    (folder / "run.partial").rename(folder / "run.json")


def read_run(folder: Path) -> dict[str, Any]:
    """Step, history, options and origin of the last checkpoint."""
    run: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return run


def restore(folder: Path, run: Run) -> bool:
    """Put a run back where its last checkpoint left off; False where there is none.

    Raises OtherRun where the folder belongs to a run with other options or films.
    """
    path = folder / "state.npz"
    if not path.exists():
        return False
    with np.load(path) as arrays:
        state = json.loads(str(arrays["run"]))
        if state["options"] != run.options.to_json():
            raise OtherRun(f"{folder} belongs to a run with other options: name another folder")
        if state["origin"] != run.origin:
            raise OtherRun(
                f"{folder} belongs to a run on other films, or on films cut another way: name another folder"
            )
        for number, variable in enumerate(run.objective.variables()):
            variable.assign(arrays[str(number)])
    run.number, run.elapsed = state["step"], state["elapsed"]
    run.last_look, run.history, run.losses = state["last_look"], state["history"], state["losses"]
    _write_run(folder, state)  # a kill may have come between the two files
    return True


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
