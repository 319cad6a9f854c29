"""A hostile film ends the child that decodes it, and never its caller."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.raster import read_raster
from diagnosis.imaging.refusal import DecodingTooSlow, FilmRefused
from diagnosis.imaging.sandbox import ConfinedDecoder, Limits, child, read_confined
from tests.diagnosis.imaging.sandbox.conftest import crash, hang

Broken = Callable[[Callable[[], object]], None]


def alive(process: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(process: int) -> bool:
    until = time.monotonic() + 20
    while alive(process) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(process)


@pytest.mark.parametrize("form", ["grey", "deep", "turned", "large"])
def test_the_film_is_the_one_that_is_read_without_a_child(
    decoder: ConfinedDecoder, tmp_path: Path, form: str
) -> None:
    picture, exif = draw_phantom(seed=1), Image.Exif()
    if form == "deep":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 16)
    if form == "large":
        picture = picture.resize((2500, 3000))
    exif[0x0112] = 6 if form == "turned" else 1
    picture.save(tmp_path / "film.png", exif=exif)
    one, other = read_raster(tmp_path / "film.png"), decoder.read(tmp_path / "film.png")
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert (one.width, one.height, one.facts, one.window) == (
        other.width, other.height, other.facts, other.window,
    )  # fmt: skip


def test_a_film_stays_what_it_was_when_the_next_one_comes(decoder: ConfinedDecoder, film: Path) -> None:
    first = decoder.read(film)
    before = first.pixels.copy()
    draw_phantom(seed=9, kind="dense").save(film)
    decoder.read(film)
    np.testing.assert_array_equal(first.pixels, before)


def test_a_decoder_that_hangs_is_stopped_and_the_next_film_is_read(film: Path, broken: Broken) -> None:
    broken(hang)
    decoder = ConfinedDecoder(Limits(seconds=3))
    with pytest.raises(DecodingTooSlow):
        decoder.read(film, name="bad.png")
    assert decoder.child == 0
    assert decoder.read(film, name="good.png").width == 1024
    decoder.close()


def test_a_decoder_that_computes_without_end_is_stopped(film: Path, broken: Broken) -> None:
    broken(lambda: [None for _ in iter(int, 1) if _])
    decoder = ConfinedDecoder(Limits(seconds=2))
    with pytest.raises(DecodingTooSlow):
        decoder.read(film, name="bad.png")
    decoder.close()


def test_a_decoder_that_takes_too_much_memory_is_refused_and_the_next_film_is_read(
    film: Path, decoder: ConfinedDecoder, broken: Broken
) -> None:
    broken(lambda: bytearray(600 * 1024**2))
    with pytest.raises(FilmRefused, match="256 MB of memory") as caught:
        decoder.read(film, name="bad.png")
    assert (caught.value.code, caught.value.name) == ("too_large", "bad.png")
    assert decoder.read(film, name="good.png").width == 1024


def test_a_decoder_that_crashes_is_the_films_fault(
    film: Path, decoder: ConfinedDecoder, broken: Broken
) -> None:
    broken(crash)
    with pytest.raises(FilmRefused, match="broke down") as caught:
        decoder.read(film, name="bad.png")
    assert caught.value.code == "damaged"
    assert decoder.read(film, name="good.png").width == 1024


def test_a_child_that_somebody_kills_costs_no_film(film: Path, decoder: ConfinedDecoder) -> None:
    decoder.read(film)
    os.kill(decoder.child, signal.SIGKILL)
    assert decoder.read(film).width == 1024


def test_children_that_come_and_go_leave_no_pipe_behind(film: Path, decoder: ConfinedDecoder) -> None:
    def opened() -> int:
        decoder.read(film)
        os.kill(decoder.child, signal.SIGKILL)
        decoder.read(film)
        return len(list(Path("/proc/self/fd").iterdir()))

    assert opened() == opened()


def test_a_child_killed_twice_is_too_little_memory_and_not_the_films_fault(
    film: Path, decoder: ConfinedDecoder, broken: Broken
) -> None:
    broken(lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(MemoryError):
        decoder.read(film, name="bad.png")


def test_a_refused_film_is_refused_in_the_same_words(tmp_path: Path, decoder: ConfinedDecoder) -> None:
    (tmp_path / "film.png").write_bytes(b"%PDF-1.7")
    with pytest.raises(FilmRefused) as here:
        read_raster(tmp_path / "film.png")
    with pytest.raises(FilmRefused) as there:
        decoder.read(tmp_path / "film.png")
    assert str(here.value) == str(there.value)
    with pytest.raises(FileNotFoundError):
        decoder.read(tmp_path / "nowhere.png")


def test_a_child_serves_film_after_film_but_not_after_a_refused_one(
    film: Path, tmp_path: Path, decoder: ConfinedDecoder
) -> None:
    decoder.read(film)
    first = decoder.child
    decoder.read(film)
    assert decoder.child == first
    (tmp_path / "bad.png").write_bytes(b"no film")
    with pytest.raises(FilmRefused):
        decoder.read(tmp_path / "bad.png")
    assert not alive(first)
    decoder.read(film)
    assert decoder.child != first


def test_a_child_holds_none_of_its_callers_files(
    film: Path, decoder: ConfinedDecoder, tmp_path: Path
) -> None:
    with (tmp_path / "database").open("w") as held:
        decoder.read(film)
        theirs = {str(entry.readlink()) for entry in Path(f"/proc/{decoder.child}/fd").iterdir()}
        assert held.name not in theirs


def test_a_child_is_held_to_its_limits_by_the_system(film: Path, decoder: ConfinedDecoder) -> None:
    decoder.read(film)
    lines = Path(f"/proc/{decoder.child}/limits").read_text().splitlines()
    limits = {line[:25].strip(): line[26:].split()[0] for line in lines}
    assert limits["Max core file size"] == "0", "it would hold the film"
    assert limits["Max file size"] == "0", "it has nothing to write"
    assert int(limits["Max cpu time"]) <= 60
    held = int(Path(f"/proc/{decoder.child}/statm").read_text().split()[0]) * 4096
    assert int(limits["Max address space"]) <= held + 257 * 1024**2


def test_a_child_that_took_much_memory_is_not_kept(
    film: Path, decoder: ConfinedDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_LARGE", -(1024**3))
    assert decoder.read(film).width == 1024
    assert decoder.child == 0


def test_a_callers_own_time_limit_is_heard_while_a_film_is_decoded(film: Path, broken: Broken) -> None:
    class TooLong(Exception):
        pass

    def ring(*_: object) -> None:
        raise TooLong

    broken(hang)
    decoder = ConfinedDecoder(Limits(seconds=30))
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(TooLong):
            decoder.read(film, name="bad.png")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert decoder.child == 0


@pytest.mark.parametrize("busy", [False, True])
def test_a_child_ends_with_its_caller(film: Path, busy: bool) -> None:
    script = (
        "import sys, time; from pathlib import Path; from threading import Thread\n"
        "from diagnosis.imaging.sandbox import ConfinedDecoder, Limits, child\n"
        "from tests.diagnosis.imaging.sandbox.conftest import hang\n"
        f"if {busy}: child.decode = lambda *_, **__: hang()\n"
        f"d = ConfinedDecoder(Limits(seconds=60)); film = Path({str(film)!r})\n"
        f"Thread(target=d.read, args=[film]).start() if {busy} else d.read(film)\n"
        "while not d.child: time.sleep(0.02)\n"
        "print(d.child, flush=True); time.sleep(60)"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[4]
    )
    assert caller.stdout is not None
    forked = int(caller.stdout.readline())
    assert alive(forked)
    caller.kill()
    caller.wait()
    caller.stdout.close()
    assert gone(forked)


def test_one_process_has_one_decoder(film: Path) -> None:
    assert read_confined(film, limits=Limits()).facts["format"] == "png"
