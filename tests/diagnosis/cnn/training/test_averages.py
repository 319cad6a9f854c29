"""What is looked at and kept is an average of everything, batch normalization's statistics among it.

TensorFlow runs in a process of its own here: the tests' process later starts workers, and a fork after
TensorFlow hangs.
"""

import json
from pathlib import Path

import pytest

from tests.diagnosis.cnn.training.runs import python

AVERAGED = """
import json, sys
from pathlib import Path
import keras
import numpy as np
from keras import layers
from diagnosis.cnn.training.callbacks import Averaged, Backup
from diagnosis.cnn.training.objective import compile_for
from diagnosis.cnn.training.options import TrainingOptions

def network():
    keras.utils.set_random_seed(3)
    return keras.Sequential([
        layers.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv"), layers.BatchNormalization(momentum=0.5),
        layers.GlobalAveragePooling2D(), layers.Dense(3, name="logits"),
    ])

def weights(model):
    return [np.array(one) for one in model.weights]

def off(ones, others):
    return max(float(np.abs(a - b).max()) for a, b in zip(ones, others, strict=True))

steps, looks = [], []

class Watch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        steps.append(weights(self.model))

model, average = network(), network()
options = TrainingOptions(ema=0.9, batch=4)
compile_for(model, options, 0.05)
random = np.random.default_rng(3)
films, targets = random.random((16, 8, 8, 1)) * 90, np.eye(3)[random.integers(0, 3, 16)]
shown = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: looks.append(weights(average)))

def more(model, average, epochs):
    watching = [Watch(), Averaged(average, [shown]), Backup(Path(sys.argv[1]))]
    model.fit(films, targets, batch_size=4, epochs=epochs, shuffle=False, verbose=0, callbacks=watching)

more(model, average, 2)
means, mean = [], None
for number, step in enumerate(steps):
    stays = min(0.9, (1 + number) / (10 + number)) if number else 0.0
    mean = [a * stays + b * (1 - stays) for a, b in zip(mean or step, step, strict=True)]
    means.append(mean)
found = {
    "looks": max(off(look, means[place]) for look, place in zip(looks, (3, 7), strict=True)),
    "end": off(weights(model), means[-1]),
    "apart": off([steps[-1][5]], [means[-1][5]]),
}
other, other_average = network(), network()  # a new process would make them so, and goes on from the backup
compile_for(other, options, 0.05)
more(other, other_average, 2)
found["resumed"] = off(weights(other), weights(model))
print(json.dumps(found))
"""


@pytest.mark.slow
def test_looks_and_the_end_show_averaged_statistics_with_averaged_weights(tmp_path: Path) -> None:
    done = python("-c", AVERAGED, str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert max(found["looks"], found["end"], found["resumed"]) < 1e-4 < 1e-2 < found["apart"]
