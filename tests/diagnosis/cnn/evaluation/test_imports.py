"""Evaluation runs where only what serves is installed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[4]

SCRIPT = """
import importlib, pkgutil, sys
from django.core.management import call_command
import django; django.setup()
import diagnosis.cnn.evaluation as wing
for module in pkgutil.walk_packages(wing.__path__, wing.__name__ + "."):
    importlib.import_module(module.name)
call_command("evaluate_model", "--manifest", sys.argv[1], "--processes", "1", "--resamples", "5")
unwanted = ("tensorflow", "keras", "matplotlib", "sklearn")
print([name for name in sys.modules if name.split(".")[0] in unwanted])
"""


def test_evaluation_never_imports_what_trains_and_draws(write_manifest: Callable[..., Path]) -> None:
    rows = [
        {"file": f"{label}-{k}.png", "label": label, "source": "here", "split": "test"}
        for label in ("covid19", "normal")
        for k in range(2)
    ]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(write_manifest(rows))],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "4 films" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
