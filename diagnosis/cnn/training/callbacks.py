"""What Keras' `fit` is given beside the network: the batches, and callbacks where its own fall short."""

import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import keras
from numpy.typing import NDArray

from diagnosis.cnn.training.batches import BatchMaker
from diagnosis.cnn.training.checkpoints import backups

log = logging.getLogger(__name__)

REPORT: Final = 50  # steps between two lines that say how it goes


class Batches(keras.utils.PyDataset):
    """The batches of a look, from the step on at which it begins.

    One worker, not in a process of its own: tf.data makes batches ahead in a thread, which is enough where
    Pillow and numpy do the work, and a fork after TensorFlow hangs.
    """

    def __init__(self, maker: BatchMaker, *, side: int, steps: int) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.maker, self.side, self.steps, self.start = maker, side, steps, 0

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[Any]]:
        batch = self.maker.make(self.start + index, self.side)
        return batch.pixels, batch.targets


class Draws(keras.callbacks.Callback):
    """Makes everything that is drawn a function of the step: batches, and dropout, whose state Keras' backups
    leave out."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Go on at the optimizer's step, which a backup brings back."""
        self.batches.start = int(self.model.optimizer.iterations)
        for layer in self.model.layers:
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                seed = keras.ops.convert_to_numpy(generator.state)[0]
                generator.state.assign([seed, self.batches.start])


class Backup(keras.callbacks.BackupAndRestore):
    """Keras' backup, renamed into place: it writes weights and epoch one after the other over the last ones,
    and a kill in between would leave a backup that resumes in the wrong place, or not at all."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder / "partial"), delete_checkpoint=False)
        self.folder = folder

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore the newest whole backup, if there is one."""
        shutil.rmtree(self.backup_dir, ignore_errors=True)
        for last in backups(self.folder)[-1:]:
            shutil.copytree(last, self.backup_dir)
        super().on_train_begin(logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Keras would begin the next `fit` of this network at the epoch that was restored for this one."""
        super().on_train_end(logs)
        self.model._initial_epoch = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Back up, then let go of the one before."""
        super().on_epoch_end(epoch, logs)
        older = backups(self.folder)
        Path(self.backup_dir).rename(self.folder / f"{int(self.model.optimizer.iterations):08d}")
        for each in older:
            shutil.rmtree(each)


class Averaged(keras.callbacks.Callback):
    """Shows the averaged weights, in a network of their own, to callbacks at the end of an epoch.

    The network that learns was compiled by `objective.compile_for`. network: of the same build, which may
    compute with more bits. Keras' SwapEMAWeights alone leaves the
    average in the network that learns while others save it, and loses it where a clock ends the run.
    """

    def __init__(self, network: keras.Model, shown: Sequence[keras.callbacks.Callback]) -> None:
        super().__init__()
        self.network, self.swap = network, keras.callbacks.SwapEMAWeights()
        self.shown = keras.callbacks.CallbackList(list(shown), model=network)

    def set_model(self, model: keras.Model) -> None:
        """The network that learns; Keras calls this."""
        super().set_model(model)
        self.swap.set_model(model)

    def on_train_begin(self, logs: Any = None) -> None:
        """Passed on."""
        self.shown.on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Passed on."""
        self.shown.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Passed on, with the average of now in `network`."""
        averages = {id(now): mean for now, mean in self.model.optimizer.also.pairs()}
        self.swap.on_test_begin()
        weights = [averages.get(id(one), one) for one in self.model.weights]
        self.network.set_weights([keras.ops.convert_to_numpy(one) for one in weights])
        self.swap.on_test_end()
        self.shown.on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Passed on."""
        self.shown.on_train_end(logs)


class Budget(Protocol):
    """A run as its clock sees it; `tick` takes note of the time after a step."""

    number: int
    elapsed: float

    def tick(self) -> None: ...

    def progress(self) -> float: ...


class Progress(keras.callbacks.Callback):
    """Takes note of every step, and says now and then how it goes. films: of a step."""

    def __init__(self, run: Budget, *, films: int) -> None:
        super().__init__()
        self.run, self.films = run, films

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """A step is over."""
        self.run.tick()
        if self.run.number % REPORT:
            return
        done, elapsed = self.run.progress(), self.run.elapsed
        log.info(
            "step %d  %.0f films/s  loss %.3f  rate %.1e  %.1f %% done, about %.0f min left",
            self.run.number, self.run.number * self.films / max(elapsed, 1e-6), float((logs or {})["loss"]),
            float(self.model.optimizer.learning_rate), 100 * done,
            elapsed / max(done, 1e-6) * (1 - done) / 60,
        )  # fmt: skip


class Clock(keras.callbacks.Callback):
    """Learning rate and end of a stage by the share of the minutes that is used up. rate: by that share."""

    def __init__(self, run: Budget, *, rate: Callable[[float], float], until: float) -> None:
        super().__init__()
        self.run, self.rate, self.until = run, rate, until

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """The rate of the next step."""
        self.model.optimizer.learning_rate = self.rate(self.run.progress())

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Time is up, or not."""
        if self.run.progress() >= self.until:
            self.model.stop_training = True
