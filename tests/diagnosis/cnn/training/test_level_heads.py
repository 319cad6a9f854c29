"""Level heads: an exact fit, and a served graph whose map and logits are what the parts say."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnosis.cnn.evaluation.metrics import softmax

ROOT = Path(__file__).parents[4]

SERVED = """
import json
import keras
import numpy as np
from diagnosis.cnn.architectures import efficientnet_lite0
from diagnosis.cnn.training.graph import LEVELS, LevelHead, bands, level_averages, serving_model
from research.leave_one_source_out.leave_one_out import by_share, log_odds, without_network
keras.utils.set_random_seed(0)
random, share = np.random.default_rng(0), 0.6
model = efficientnet_lite0(size=96)
model.get_layer("logits").bias.assign([0.4, -0.3, 0.1])
levels = LEVELS["efficientnet_lite0"]["early"]
films = random.uniform(0, 255, (2, 96, 96, 1)).astype(np.float32)
pooled = keras.Model(model.inputs, model.get_layer("pooled").output)(films).numpy()
kernel = random.normal(size=(pooled.shape[1], 3)) / np.linalg.norm(pooled[0] - pooled[1])
model.get_layer("logits").kernel.assign(kernel)  # so that it tells the films apart
averages = [np.asarray(part) for part in level_averages(model, levels)(films)]
heads = [
    LevelHead(level, *(random.normal(0, 0.1, (2, part.shape[1])).astype(np.float32)), 0.3)
    for level, part in zip(levels, averages)
]
from diagnosis.cnn.training.level_heads import _averages
middle = LEVELS["efficientnet_lite0"]["middle"]
one, = _averages(model, middle, films[..., 0].astype(np.uint8))
wanted = np.asarray(level_averages(model, middle)(films.astype(np.uint8)))
baseline = random.normal(size=(3, 3, 3))
baseline -= baseline.mean(axis=(0, 1))
serving = serving_model(model, temperature=1.5, heads=heads, share=share, baseline=baseline)
bare = serving_model(model, temperature=1.5, heads=heads, share=share)(films)["activation"].numpy()
out = {name: value.numpy() for name, value in serving(films).items()}
other = serving_model(model, temperature=1.0, heads=heads, share=0.3)(films)
early = np.mean([(a - h.mean) @ h.kernel + h.bias for a, h in zip(averages, heads)], axis=0)
deep = model(films).numpy()
right = np.array([3.0, -1.0])  # of an abnormal film and a normal one
shares = by_share(right, -2 * right, np.array([True, False]))
print(json.dumps({
    "shares": [shares["0"], shares["0.5"], shares["1"]],
    "early": early.tolist(), "deep": deep.tolist(), "logits": out["logits"].tolist(),
    "taken_off": (bare - out["activation"]).tolist(), "baseline": baseline.tolist(),
    "rest": (out["logits"] - out["activation"].mean(axis=(1, 2))).tolist(),
    "bands": bands(28, 3), "one": [one.tolist(), wanted.tolist()],
    "alone": without_network(log_odds(out["logits"]), log_odds(deep), share).tolist(),
    "other_share": (1 - other["probabilities"].numpy()[:, -1]).tolist(),
}))
"""


def answer(code: str) -> dict[str, object]:
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    values: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return values


def test_a_served_film_is_answered_by_early_and_last_layers_as_their_shares_say() -> None:
    out = {name: np.array(value) for name, value in answer(SERVED).items()}
    deep = out["deep"]
    p_abnormal = softmax(deep)[:, :2].sum(axis=1)
    network = np.log(p_abnormal / (1 - p_abnormal))
    served = softmax(out["logits"])
    assert np.log(served[:, :2].sum(axis=1) / served[:, 2]) == pytest.approx(
        0.6 * out["early"] + 0.4 * network, abs=1e-4
    )
    # Of which kind it is, the last layer alone says: as sure as without heads.
    assert out["logits"][:, 0] - out["logits"][:, 1] == pytest.approx(deep[:, 0] - deep[:, 1], abs=1e-4)
    # What the heads say alone can be told from the answer, and what any other share would say.
    assert out["alone"] == pytest.approx(out["early"], abs=1e-4)
    other = 1 / (1 + np.exp(-(0.3 * out["alone"] + 0.7 * network)))
    assert other == pytest.approx(out["other_share"], abs=1e-5)
    # A network that is right, heads that are wrong and twice as sure: right alone, wrong from a half on.
    assert out["shares"].tolist() == [1.0, 0.0, 0.0]
    # What the map leaves over is a bias, the same for every film, and what a certain kind would add.
    kind = np.logaddexp(deep[:, 0], deep[:, 1]) - deep[:, :2].mean(axis=1)
    rest = out["rest"] + 0.6 * kind[:, np.newaxis] * np.array([0.5, 0.5, -0.5])
    assert np.ptp(kind) > 0.01
    assert rest[0] == pytest.approx(rest[1], abs=1e-4)
    assert out["taken_off"] == pytest.approx(np.stack([out["baseline"]] * 2), abs=1e-4)
    assert out["bands"].tolist() == [[0, 9], [9, 18], [18, 28]]
    # One level alone is read as each of several is.
    assert out["one"][0] == pytest.approx(out["one"][1], abs=1e-4)


LOGISTIC = """
import json
import numpy as np
from diagnosis.cnn.training.level_heads import logistic
random = np.random.default_rng(0)
x, weights = random.normal(size=(400, 5)), random.uniform(0.5, 1.5, 400)
weights /= weights.sum()
targets = x[:, 0] + random.normal(size=400) > 0.3
kernel, bias = logistic(x, targets, weights, penalty=0.01)
p = 1 / (1 + np.exp(-(x @ kernel + bias)))
rest = weights * (p - targets)
print(json.dumps({"gradient": [*(x.T @ rest + 0.01 * kernel), rest.sum()], "kernel": kernel.tolist()}))
"""


def test_logistic_regression_stands_where_its_gradient_ends() -> None:
    out = {name: np.array(value) for name, value in answer(LOGISTIC).items()}
    assert np.abs(out["gradient"]).max() < 1e-8
    assert np.abs(out["kernel"]).argmax() == 0


COPIES = """
import json
from dataclasses import replace
from tests.diagnosis.cnn.training.test_batches import films, STILL
from diagnosis.cnn.training import level_heads
small, rows = films(), {}
abnormal, count = small.labels != 2, len(small.labels)
for name, changed in (("off", 0.0), ("on", 0.5)):
    options = replace(STILL, level_changed=changed)
    pixels, targets, weights = level_heads._fitted_on(small, options, abnormal=abnormal)
    rows[name] = {
        "seen": [part[:, 0, 0].tolist() for part in pixels], "targets": targets.tolist(),
        "weight": float(weights[count:].sum() / weights[:count].sum()), "sum": float(weights.sum()),
    }
rows["films"] = {"pixels": small.pixels[:, 0, 0].tolist(), "changed": small.changed[:, 0, 0].tolist()}
rows["films"]["abnormal"] = abnormal.tolist()
print(json.dumps(rows))
"""


def test_films_by_another_machine_weigh_what_the_options_say_and_keep_their_answer() -> None:
    rows: dict[str, Any] = answer(COPIES)
    films, off, on = rows["films"], rows["off"], rows["on"]
    assert off["seen"] == [films["pixels"]]
    assert off["targets"] == films["abnormal"]
    assert on["seen"] == [films["pixels"], films["changed"]]
    assert on["targets"] == films["abnormal"] * 2
    assert on["weight"] == pytest.approx(0.5)
    assert off["sum"] == pytest.approx(1)
    assert on["sum"] == pytest.approx(1)
