"""Measures films a second and peak memory of each door, beside DCMTK's storescp on the same machine.

    .venv/bin/python benchmarks/intake.py [--films 200] [--few 20] [--side 3000] [--small 1000] [--at-once 1]

The films have 16 bits a pixel and travel uncompressed. Each door is started anew for all films, for few of
them and for as few small ones (`--few 0`: not): whether its memory grows with the films' number or size is
said at the end. Doors: C-STORE, STOW-RS and the REST API, each in a process of its own, one after the other
(the browser's form takes the REST API's way); storescp receives the same films by the same storescu. CPU: of
the process and its children for a film, which a busy machine changes less than the rate. Needs DCMTK. What
was received is deleted after each run. Targets: C-STORE at least half as fast as storescp, and memory that
stays within a film's size.
"""

import argparse
import http.client
import os
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
from django.conf import settings

from accounts import tokens
from accounts.models import Clinic, Role, User
from diagnosis.models import DicomSender, Scan

WANTED = 0.5
FLAT = 16  # MB that a process may hold more for more or larger films: less than one film of 3000² has
AE_TITLE = "BENCH"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--few", type=int, default=20, help="films to compare memory with (20)")
    parser.add_argument("--side", type=int, default=3000)
    parser.add_argument("--small", type=int, default=1000, help="side of films to compare memory with (1000)")
    parser.add_argument("--at-once", type=int, default=1, help="associations or connections at once (1)")
    options = parser.parse_args()
    if not shutil.which("storescp") or not shutil.which("storescu"):
        sys.exit("This needs storescp and storescu: apt-get install dcmtk.")
    check_disk(options)
    where = trial.machine()
    trial.set_up()
    clinic = Clinic.objects.get(name="Benchmark")
    DicomSender.objects.create(clinic=clinic, ae_title=AE_TITLE, address="127.0.0.1")
    key = tokens.create(clinic=clinic, name="bench", by=administrator(clinic))[1]
    with tempfile.TemporaryDirectory(prefix="carina-films-", dir=trial.FOLDER.parent) as folder:
        print(f"{options.films} films of {options.side}² × 16 bit, {options.at_once} at once; {where}")
        return compared(doors(key), Path(folder), options)


def compared(found: "dict[str, Door]", folder: Path, options: argparse.Namespace) -> int:
    """Print a line for each door, then whether the targets are held; how many are not."""
    rates, grown = {}, []
    large, small = (Films(folder / str(side), side) for side in (options.side, options.small))
    for name, door in found.items():
        films = large.make(min(options.films, options.few or 20))
        rates[name], many, cpu = measured(door, films, options.films, options.at_once)
        beside = f", {rates[name] / rates['storescp']:.2f} × storescp" if name != "storescp" else ""
        told = f"CPU {cpu:.2f} s a film; peak {many:.0f} MB"
        if options.few:
            few = measured(door, large.make(options.few), options.few, options.at_once)[1]
            tiny = measured(door, small.make(options.few), options.few, options.at_once)[1]
            told += f", of {options.few} films {few:.0f} MB, of as many of {options.small}² {tiny:.0f} MB"
            if name != "storescp" and max(many - few, few - tiny) > FLAT:
                grown.append(name)
        print(f"  {name:9s} {rates[name]:6.2f} films/s{beside}; {told}", flush=True)
    held = rates["C-STORE"] >= WANTED * rates["storescp"]
    print(f"  C-STORE at least {WANTED} × storescp: {'held' if held else 'MISSED'}")
    flat = f"MISSED by {', '.join(grown)}" if grown else "held" if options.few else "not measured"
    print(f"  at most {FLAT} MB more for more or larger films: {flat}")
    return (not held) + len(grown)


def check_disk(options: argparse.Namespace) -> None:
    """Stop where the films of one run, and those to send, would not fit twice."""
    needed = 2 * (options.films + options.few) * options.side**2 * 2
    if shutil.disk_usage(trial.FOLDER).free < needed:
        sys.exit(f"This needs {needed / 1e9:.0f} GB of free disk below {trial.FOLDER.parent}.")


class Films:
    """Makes films that differ in their identifiers and in one row of pixels."""

    def __init__(self, folder: Path, side: int) -> None:
        folder.mkdir()
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
        self,
        start: Callable[[], subprocess.Popen[bytes]],
        send: Callable[[list[Path]], None],
        *,
        records: bool = True,
    ) -> None:
        self.start, self.send, self.records = start, send, records


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
            records=False,
        ),
        "C-STORE": Door(lambda: running(listener, ports["C-STORE"]), store(ports["C-STORE"])),
        "STOW-RS": Door(lambda: running(web, ports["web"]), lambda films: stow(ports["web"], key, films)),
        "REST": Door(lambda: running(web, ports["web"]), lambda films: rest(ports["web"], key, films)),
    }  # fmt: skip


def measured(door: Door, films: list[Path], count: int, at_once: int) -> tuple[float, float, int]:
    """Films a second, the process's peak in MB, and its CPU seconds for a film. Exits if one is not kept."""
    process = door.start()
    before, sent, seconds, idle = Scan.objects.count(), 0, 0.0, cpu_seconds(process.pid)
    try:
        while sent < count:
            batch = renamed(films)[: count - sent]
            parts = [batch[number::at_once] for number in range(at_once)]
            began = time.perf_counter()
            with ThreadPoolExecutor(at_once) as pool:
                list(pool.map(door.send, [part for part in parts if part]))
            seconds += time.perf_counter() - began
            sent += len(batch)
        memory, used = peak(process.pid), cpu_seconds(process.pid) - idle
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    shutil.rmtree(trial.FOLDER / "storescp", ignore_errors=True)
    (trial.FOLDER / "storescp").mkdir()
    shutil.rmtree(Path(settings.DATA_DIR) / "originals", ignore_errors=True)
    if door.records and Scan.objects.count() - before != sent:
        sys.exit(f"{sent} films were sent, {Scan.objects.count() - before} are on record.")
    return sent / seconds, memory, used / sent


def renamed(films: list[Path]) -> list[Path]:
    """The films under identifiers that no door has seen: written in place, for all have the same length."""
    for path in films:
        with path.open("rb") as file:
            content = bytearray(file.read(4096))
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


def family(pid: int) -> list[str]:
    """A process and its children."""
    return [str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def peak(pid: int) -> float:
    """The most memory, in MB, that a process or a child of it has held."""
    found = []
    for one in family(pid):
        lines = Path(f"/proc/{one}/status").read_text().splitlines()
        found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(found)


def cpu_seconds(pid: int) -> float:
    """What a process and its children have computed so far."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in family(pid)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


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
