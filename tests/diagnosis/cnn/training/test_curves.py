"""The curves of a run: a table without holes in its columns, and a picture with a panel for each kind."""

import csv
import math
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from diagnosis.cnn.training.curves import write_curves

HISTORY = [
    {"step": 100 * k, "minutes": k / 2, "loss": 1 / k, "learning_rate": 1e-3 / k, "nll": 1.2 / k}
    for k in range(1, 5)
]


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def test_the_table_has_a_row_a_look_and_every_figure_that_any_look_had(tmp_path: Path) -> None:
    later = HISTORY[3] | {"auroc kermany": 0.91, "auroc hannover": math.nan}
    write_curves([*HISTORY[:3], later], tmp_path / "run")
    header, *looks = rows(tmp_path / "run/curves.csv")
    assert header == [*HISTORY[0], "auroc kermany", "auroc hannover"]
    assert [look[0] for look in looks] == ["100", "200", "300", "400"]
    assert looks[0][-2:] == ["", ""]
    assert looks[3][-2:] == ["0.91", ""]
    assert float(looks[2][2]) == pytest.approx(1 / 3)


def test_the_picture_grows_with_what_was_measured_and_is_the_same_each_time(tmp_path: Path) -> None:
    sizes = []
    for name, more in (("few", {}), ("many", {"accuracy": 0.5, "auroc kermany": 0.9, "something new": 3.0})):
        write_curves([look | more for look in HISTORY], tmp_path / name)
        with Image.open(tmp_path / name / "curves.png") as picture:
            sizes.append(picture.size)
    assert sizes[1][1] > sizes[0][1]
    before = (tmp_path / "few/curves.png").read_bytes()
    write_curves(HISTORY, tmp_path / "few")
    assert (tmp_path / "few/curves.png").read_bytes() == before


def test_a_run_that_looked_at_nothing_has_no_curves(tmp_path: Path) -> None:
    write_curves([], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_without_matplotlib_the_table_is_there_and_words_say_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from pathlib import Path\n"
        "from diagnosis.cnn.training.curves import write_curves\n"
        "try:\n"
        f"    write_curves([{{'step': 1, 'loss': 2.0}}], Path({str(tmp_path)!r}))\n"
        "except ModuleNotFoundError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install -r requirements.txt" in done.stdout
    assert rows(tmp_path / "curves.csv") == [["step", "loss"], ["1", "2"]]
