"""Fills the disk of a running portal, to its reserve and to the last byte, and counts what that costs.

    .venv/bin/python benchmarks/disk_full.py [--hold 60] [--megabytes 256] [--database mysql://…]

As root, on Linux: the portal of script/demo runs on a small disk in memory (tmpfs). Clients send films, read
and sign all the time; each phase says what they were answered. Target: no film that was acknowledged is lost,
no answer is a 500, the web server is never restarted, and nobody has to help once there is room again.
"""

import argparse
import io
import json
import random
import re
import sys
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import numpy as np
from PIL import Image
from small_disk import COUNT, RESERVE, ROOT, Portal, fill, small_disk, wait

sys.path.insert(0, str(ROOT))

from diagnosis.imaging.phantom import draw_phantom

CSRF = "c" * 32
BOUNDARY = "carina"
LAST_SHOWN = 'film-%s-last" value="([^"]*)"'  # of a film on its study's page
PART = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
# What is left free in each phase, and whether somebody writes on wherever room appears.
STATES = (
    ("with room", None, False),
    ("only the reserve is left", RESERVE // 2 << 20, True),
    ("full", 0, False),
    ("full, and filled again", 0, True),
)


@dataclass
class Phase:
    """What the clients were answered while the disk was in one state."""

    name: str
    sent: Counter[int] = field(default_factory=Counter)
    read: Counter[int] = field(default_factory=Counter)
    signed: Counter[int] = field(default_factory=Counter)

    def serves(self) -> bool:
        return bool(self.read[200] and self.signed[302])

    def refuses(self) -> bool:
        """507 where there is no room for films; 503 where the database, on the same disk, has none either."""
        return bool(self.sent[507] or self.sent[503])

    def bad(self) -> list[int]:
        """Answers that say nothing: none at all, or an error that nobody put into words."""
        given = [*self.sent, *self.read, *self.signed]
        return [status for status in given if status in (0, 500, 502)]


class Clients:
    """A computer that sends films, and a doctor who reads and signs."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.phase = Phase("")
        self.acknowledged: list[str] = []
        self.accepted_at = 0.0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=work) for work in (self._send, self._read, self._sign)]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _send(self) -> None:
        films = phantoms()
        while not self.stopping.wait(0.2):
            phase, body = self.phase, submission(next(films))
            status, answer = self.portal.request(
                "/api/v1/studies/",
                body,
                Authorization=f"Token {self.portal.known['token']}",
                **{"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
            )
            phase.sent[status] += 1
            if status == 201:
                self.accepted_at = time.monotonic()
                self.acknowledged += [film["id"] for film in json.loads(answer)["films"] if film["id"]]

    def _read(self) -> None:
        cookie = f"sessionid={self.portal.known['session']}"
        while not self.stopping.wait(0.2):
            study = random.choice(self.portal.known["films"])[0]
            for path in ("/worklist/", f"/studies/{study}/"):
                phase = self.phase
                phase.read[self.portal.request(path, Cookie=cookie)[0]] += 1

    def _sign(self) -> None:
        cookie = f"sessionid={self.portal.known['session']}; csrftoken={CSRF}"
        for turn in range(10**6):
            if self.stopping.wait(0.5):
                return
            study, scan, prediction = self.portal.known["films"][turn % len(self.portal.known["films"])]
            phase = self.phase
            status, page = self.portal.request(f"/studies/{study}/", Cookie=cookie)
            if status != HTTPStatus.OK:
                phase.signed[status] += 1
                continue
            form = {"csrfmiddlewaretoken": CSRF, "prediction": prediction, "decision": "agree", "note": turn}
            shown = re.search((LAST_SHOWN % scan).encode(), page)  # the review that the doctor sees there
            if shown is None:
                phase.signed[0] += 1
                continue
            form["last"] = shown[1].decode()
            body = urllib.parse.urlencode(form).encode()
            phase.signed[self.portal.request(f"/scans/{scan}/review/", body, Cookie=cookie)[0]] += 1


def submission(film: bytes) -> bytes:
    """A study of a new patient with one film, as a form."""
    fields = f'{PART}patient_number"\r\n\r\n{uuid.uuid4()}\r\n{PART}film"; filename="film.png"\r\n\r\n'
    return fields.encode() + film + f"\r\n--{BOUNDARY}--\r\n".encode()


def phantoms() -> Iterator[bytes]:
    """Films of 512 × 512 pixels, no two alike."""
    noise = np.random.default_rng(1)
    chest = np.asarray(draw_phantom(seed=1), dtype=np.int16)
    while True:
        levels = chest + noise.integers(-3, 4, chest.shape, dtype=np.int16)
        stream = io.BytesIO()
        Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).save(stream, "PNG", compress_level=1)
        yield stream.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hold", type=float, default=60, help="seconds that each state lasts (60)")
    parser.add_argument("--megabytes", type=int, default=256, help="size of the disk (256)")
    parser.add_argument("--database", default="", help="of the portal, elsewhere (SQLite on the small disk)")
    options = parser.parse_args()
    with small_disk(options.megabytes) as disk:
        portal = Portal(disk, options.database)
        portal.start()
        try:
            return measure(portal, disk, options.hold)
        finally:
            portal.stop()


def measure(portal: Portal, disk: Path, hold: float) -> int:
    web = portal.web()
    clients = Clients(portal)
    phases = []
    for name, leave, again in STATES:
        if leave is not None:
            fill(disk, leave)
        clients.phase = Phase(name)
        phases.append(clients.phase)
        until = time.monotonic() + hold
        while time.monotonic() < until:
            if again and leave is not None:
                fill(disk, leave)
            time.sleep(0.2)
    clients.phase = Phase("with room again")
    phases.append(clients.phase)
    (disk / "filler").unlink()
    freed = time.monotonic()
    wait("a film is accepted again", lambda: clients.accepted_at > freed, 120)
    accepted = clients.accepted_at - freed
    time.sleep(min(hold, 10))
    clients.stop()
    wait("every film has its result", lambda: not lost(portal, clients), 180)
    return report(portal, clients, phases, (accepted, time.monotonic() - freed), web == portal.web())


def lost(portal: Portal, clients: Clients) -> list[str]:
    """The acknowledged films without a result."""
    scans = portal.ask(COUNT)["scans"]
    return [film for film in clients.acknowledged if scans.get(film) not in ("analysed", "refused")]


def report(
    portal: Portal, clients: Clients, phases: list[Phase], seconds: tuple[float, float], same_web: bool
) -> int:
    found = portal.ask(COUNT)
    print(f"{'':26}{'films sent':>24}{'pages read':>24}{'reviews signed':>24}")
    for phase in phases:
        columns = (phase.sent, phase.read, phase.signed)
        print(f"{phase.name:26}" + "".join(f"{told(column):>24}" for column in columns))
    signed = sum(phase.signed[302] for phase in phases)
    missing = lost(portal, clients)
    print(f"films acknowledged {len(clients.acknowledged)}, lost {len(missing)}")
    print(f"reviews acknowledged {signed}, on record {found['reviews']}, broken events {found['broken']}")
    print(f"with room again: a film accepted after {seconds[0]:.1f} s, all done after {seconds[1]:.1f} s")
    print(f"web server {'never restarted' if same_web else 'RESTARTED'}")
    faults = [
        *("a film lost" for _ in missing),
        *(f"{phase.name}: {status}" for phase in phases for status in phase.bad()),
        *(f"{phase.name}: nothing served" for phase in phases[:3] if not phase.serves()),
        *(f"{phase.name}: films not refused in words" for phase in phases[1:4] if not phase.refuses()),
        *([] if same_web else ["web server restarted"]),
        *(["history broken"] if found["broken"] or found["reviews"] < signed else []),
    ]
    print("held" if not faults else f"MISSED: {', '.join(faults)}")
    return 1 if faults else 0


def told(answers: Counter[int]) -> str:
    return ", ".join(f"{number} × {status}" for status, number in sorted(answers.items())) or "–"


if __name__ == "__main__":
    sys.exit(main())
