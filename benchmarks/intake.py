"""Measures films a second and peak memory of each door, beside DCMTK's storescp on the same machine.

    .venv/bin/python benchmarks/intake.py [--films 200] [--side 3000] [--at-once 1]

The films have 16 bits a pixel and travel uncompressed. Doors: C-STORE, STOW-RS and the REST API, each in a
process of its own and one after the other (the browser's form takes the REST API's way); storescp receives
the same films by the same storescu. Needs DCMTK. Target: C-STORE at least half as fast as storescp.
"""

import argparse
import http.client
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import trial  # first: it sets Django up

from accounts import tokens
from accounts.models import Clinic, Role, User
from diagnosis.models import DicomSender, Scan

WANTED = 0.5
AE_TITLE = "BENCH"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--side", type=int, default=3000)
    parser.add_argument("--at-once", type=int, default=1, help="associations or connections at once (1)")
    options = parser.parse_args()
    if not shutil.which("storescp") or not shutil.which("storescu"):
        sys.exit("This needs storescp and storescu: apt-get install dcmtk.")
    where = trial.machine()
    trial.set_up()
    clinic = Clinic.objects.get(name="Benchmark")
    DicomSender.objects.create(clinic=clinic, ae_title=AE_TITLE, address="127.0.0.1")
    key = tokens.create(clinic=clinic, name="bench", by=administrator(clinic))[1]
    with tempfile.TemporaryDirectory(prefix="carina-films-", dir=trial.FOLDER.parent) as folder:
        print(f"{options.films} films of {options.side}² × 16 bit, {options.at_once} at once; {where}")
        maker = Films(Path(folder), options.side)
        sizes = {}
        for name, door in doors(key).items():
            films = maker.make(
                min(options.films, 20)
            )  # of each door its own; sent again under other identifiers
            rate, memory, kept = measured(door, films, options)
            sizes[name] = rate
            beside = f", {rate / sizes['storescp']:.2f} × storescp" if name != "storescp" else ""
            print(f"  {name:9s} {rate:6.2f} films/s{beside}; peak {memory:.0f} MB; {kept} kept", flush=True)
        held = sizes["C-STORE"] >= WANTED * sizes["storescp"]
        print(f"  C-STORE at least {WANTED} × storescp: {'held' if held else 'MISSED'}")
    return 0 if held else 1


class Films:
    """Makes films that differ in their identifiers and in one row of pixels."""

    def __init__(self, folder: Path, side: int) -> None:
        self._folder, self._side = folder, side
        noise = np.random.default_rng(0).integers(0, 4096, (side, side), dtype=np.uint16)
        self._pixels = noise
        self._number = 0

    def make(self, count: int) -> list[Path]:
        from pydicom.dataset import FileDataset, FileMetaDataset
        from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

        for old in self._folder.iterdir():
            old.unlink()
        made = []
        for _ in range(count):
            self._number += 1
            meta = FileMetaDataset()
            uid = f"2.25.{uuid.uuid4().int}"
            meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
            meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID = uid, ExplicitVRLittleEndian
            film = FileDataset("film.dcm", {}, file_meta=meta, preamble=bytes(128))
            film.SOPClassUID, film.SOPInstanceUID = ComputedRadiographyImageStorage, uid
            film.StudyInstanceUID, film.SeriesInstanceUID = f"{uid}.1"[:64], f"{uid}.2"[:64]
            film.PatientID, film.PatientName, film.Modality = f"B-{self._number}", "Bench^Mark", "CR"
            film.Rows = film.Columns = self._side
            film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
            film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, 12, 11, 0
            film.PixelData = self._pixels.tobytes()
            film["PixelData"].VR = "OW"
            path = self._folder / f"{self._number}.dcm"
            film.save_as(path, enforce_file_format=True)
            made.append(path)
        return made


class Door:
    """A running process that takes films, and how one is sent to it."""

    def __init__(
        self, start: Callable[[], subprocess.Popen[bytes]], send: Callable[[list[Path]], None]
    ) -> None:
        self.start, self.send = start, send


def doors(key: str) -> dict[str, Door]:
    ports = {name: free_port() for name in ("storescp", "C-STORE", "web")}
    incoming = trial.FOLDER / "storescp"
    incoming.mkdir()
    manage = [sys.executable, str(trial.ROOT / "manage.py")]
    listener = [*manage, "dicom_listener", "--address", "127.0.0.1", "--port", str(ports["C-STORE"])]
    web = [sys.executable, "-m", "gunicorn", "--config", "python:portal.gunicorn", "--workers", "1"]
    web += ["--bind", f"127.0.0.1:{ports['web']}", "portal.wsgi"]

    def store(port: int) -> Callable[[list[Path]], None]:
        return lambda films: c_store(port, films)

    return {
        "storescp": Door(
            lambda: running(["storescp", "-od", str(incoming), str(ports["storescp"])], ports["storescp"]),
            store(ports["storescp"]),
        ),
        "C-STORE": Door(lambda: running(listener, ports["C-STORE"]), store(ports["C-STORE"])),
        "STOW-RS": Door(lambda: running(web, ports["web"]), lambda films: stow(ports["web"], key, films)),
        "REST": Door(lambda: running(web, ports["web"]), lambda films: rest(ports["web"], key, films)),
    }  # fmt: skip


def measured(door: Door, films: list[Path], options: argparse.Namespace) -> tuple[float, float, int]:
    """Films a second, the process's peak in MB, and how many films are on record of it."""
    process = door.start()
    before, sent, seconds = Scan.objects.count(), 0, 0.0
    try:
        while sent < options.films:
            batch = renamed(films)[: options.films - sent]
            parts = [batch[number :: options.at_once] for number in range(options.at_once)]
            began = time.perf_counter()
            with ThreadPoolExecutor(options.at_once) as pool:
                list(pool.map(door.send, [part for part in parts if part]))
            seconds += time.perf_counter() - began
            sent += len(batch)
        memory = peak(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    shutil.rmtree(trial.FOLDER / "storescp", ignore_errors=True)
    (trial.FOLDER / "storescp").mkdir()
    return sent / seconds, memory, Scan.objects.count() - before


def renamed(films: list[Path]) -> list[Path]:
    """The films under identifiers that no door has seen: written in place, for all have the same length."""
    for path in films:
        content = bytearray(path.read_bytes()[:4096])
        old = content[content.index(b"2.25.") :].split(b"\0")[0].split(b"\x02")[0][:20]
        new = b"2.25." + str(uuid.uuid4().int)[:15].encode()
        with path.open("r+b") as file:
            file.write(bytes(content).replace(old[:20], new[:20]))
    return films


def c_store(port: int, films: list[Path]) -> None:
    command = ["storescu", "-aet", AE_TITLE, "-aec", "CARINA", "127.0.0.1", str(port), *map(str, films)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def stow(port: int, key: str, films: list[Path]) -> None:
    for path in films:
        body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + path.read_bytes() + b"\r\n--b--\r\n"
        kind = 'multipart/related; type="application/dicom"; boundary=b'
        posted(port, "/dicom-web/studies", kind, body, key)


def rest(port: int, key: str, films: list[Path]) -> None:
    for path in films:
        head = b'--b\r\nContent-Disposition: form-data; name="film"; filename="f.dcm"\r\n\r\n'
        posted(
            port,
            "/api/v1/studies/",
            "multipart/form-data; boundary=b",
            head + path.read_bytes() + b"\r\n--b--\r\n",
            key,
        )


def posted(port: int, path: str, kind: str, body: bytes, key: str) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    line.request("POST", path, body, {"Content-Type": kind, "Authorization": f"Token {key}"})
    answer = line.getresponse()
    text = answer.read()
    line.close()
    if answer.status not in (200, 201):
        sys.exit(f"{path} answered {answer.status}: {text[:300]!r}")


def running(command: list[str], port: int) -> "subprocess.Popen[bytes]":
    with (trial.FOLDER / "door.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=trial.ROOT, stdout=log, stderr=log)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{command[0]} does not listen: see {trial.FOLDER / 'door.log'}.")


def peak(pid: int) -> float:
    """The most memory, in MB, that a process or a child of it has held."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = []
    for one in (str(pid), *children):
        lines = Path(f"/proc/{one}/status").read_text().splitlines()
        found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(found)


def administrator(clinic: Clinic) -> User:
    return User.objects.create_user(
        "bench@example.org", "only for a measurement", clinic=clinic, role=Role.ADMINISTRATOR,
        approval="approved", first_name="Bench", last_name="Mark",
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
