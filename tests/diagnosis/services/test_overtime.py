"""An analysis goes on where its length cannot be noted."""

from pathlib import Path

from django.conf import LazySettings

from diagnosis.models import Scan
from diagnosis.services import overtime


def test_a_disk_that_takes_no_note_hinders_nobody(scan: Scan, settings: LazySettings) -> None:
    (Path(settings.DATA_DIR) / "derived").write_bytes(b"a file where the pictures' folder should be")
    done = []
    with overtime.noted(scan):
        done.append(scan)
    assert done == [scan]
    assert overtime.ran_out(scan) is False
