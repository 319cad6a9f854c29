"""Where only what serves is installed, networks can be measured, and training says what it lacks."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from diagnosis.imaging.phantom import KINDS, draw_phantom

ABSENT = ("tensorflow", "keras", "matplotlib", "sklearn", "jinja2")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    for number, kind in enumerate(KINDS):
        draw_phantom(seed=number, kind=kind).save(tmp_path / f"{number}.png")
    path = tmp_path / "films.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "label", "source"])
        rows.writerows([f"{number}.png", "normal", "drawn"] for number in range(len(KINDS)))
    return path


def manage(*arguments: str | Path, absent: tuple[str, ...] = ABSENT) -> subprocess.CompletedProcess[str]:
    """manage.py on a machine without some modules; this test's own process never loads them."""
    program = (
        "import os, sys\n"
        f"sys.modules.update(dict.fromkeys({absent!r}))\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(sys.argv)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "command", [("train_model",), ("train_lungs",), ("train_film_checks", "--others", "others.csv")]
)
def test_training_without_tensorflow_says_in_one_sentence_what_to_install(
    manifest: Path, command: tuple[str, ...]
) -> None:
    done = manage(*command, "--manifest", manifest)
    assert done.returncode == 1
    assert done.stderr == (
        "CommandError: Training needs TensorFlow, Keras, scikit-learn and matplotlib, which are not "
        "installed here: run script/setup --dev, or pip install -r requirements.txt.\n"
    )
    only_one = manage(*command, "--manifest", manifest, absent=("tensorflow",))
    assert only_one.returncode == 1
    assert "needs TensorFlow, which is not installed here" in only_one.stderr


def test_a_network_is_measured_without_anything_that_trains(manifest: Path, tmp_path: Path) -> None:
    done = manage("evaluate_model", "--manifest", manifest, "--processes", "1", "--resamples", "10")
    assert done.returncode == 0, done.stderr
    assert f"{len(KINDS)} films" in done.stdout
