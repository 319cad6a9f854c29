"""Measures a visit over a bad line: sign in, send a film, read its result, and a second visit.

    sudo CARINA_CXR_DATA=FOLDER python benchmarks/slow_journey.py [--runs 3] [--film FILE] [--pictures FOLDER]

Chromium runs in a network namespace at the other end of the line: 64 kbit/s each way, 5 % of the packets
lost, 100 ms there and back besides. At this end stand nginx as the compose file runs it, with TLS, the
portal's web server, a broker and a worker, with the demonstration's studies. Bytes and packets are counted on
the line. `usable`: seconds from the click until what the step is for can be read or filled in. `quiet`: until
nothing more comes; where there is such a time, the next step begins only then. Needs root, nginx, openssl,
Chromium, and a film that the network takes: a drawn one is refused.
"""

import argparse
import base64
import contextlib
import hashlib
import io
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import trial  # first: it sets Django up
from django.core.management import call_command
from PIL import Image
from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

from diagnosis.management.demo_films import cxr_folder
from tests.flows.lossy_line import HERE, LossyLine
from tests.portal import production_proxy
from tests.ports import free_port

NAME = "carina.example.org"
WHO, PASSWORD = "doctor@riverside.example", "radiograph-demo"
PATIENTS = ("Alder", "Birch", "Cedar", "Dogwood", "Elder", "Fir")
PATIENCE_SECONDS = 300
QUIET_SECONDS = 2.5  # longer than a page waits before it asks again
FILM_SIDE, FILM_QUALITY = 2048, 92
PAINTED = "performance.getEntriesByName('first-contentful-paint').length"
SIGN_IN = "location.pathname === '/accounts/login/' && document.querySelector('form button.btn-primary')"
WORKLIST = "location.pathname === '/worklist/' && document.querySelector('.pager')"
NEW_STUDY = "document.querySelector('[data-drop].ready')"
STUDY = "/^.studies.[0-9a-f-]{36}.$/.test(location.pathname) && document.querySelector('.film')"
RESULT = (
    f"{STUDY} && document.querySelector('.film-analysed .headline')"
    " && document.querySelector('#finding form')"
    " && [...document.querySelectorAll('.film-analysed .picture')].some(i => i.complete && i.naturalWidth)"
)
TOOLS = "document.querySelector('.viewer[data-live]')"


@dataclass
class Step:
    """What one step cost."""

    name: str
    usable: float
    quiet: float
    up: int
    down: int
    lost: int
    requests: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--film", type=Path, help="a PNG or JPEG; else a public film, enlarged to some 200 kB"
    )
    parser.add_argument("--pictures", type=Path, help="keep what stands on the screen, twice a second, here")
    parser.add_argument("--bits", type=int, default=64_000, help="that the line carries a second (64000)")
    parser.add_argument("--loss", type=float, default=0.05)
    parser.add_argument("--tools", action="store_true", help="wait for the viewing tools, too")
    options = parser.parse_args()
    films = [options.film.read_bytes()] if options.film else public_films(options.runs)
    sizes = " and ".join(f"{len(film) / 1000:.0f} kB" for film in films)
    print(f"{trial.machine()}, film of {sizes}", flush=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_demo", stdout=io.StringIO())
    with (
        LossyLine(bits_a_second=options.bits, loss=options.loss, delay=0.05) as line,
        portal(),
        trial.workers(1),
    ):
        runs = []
        for number in range(options.runs):
            runs.append(list(visit(line, films[number % len(films)] + os.urandom(16), options, number)))
        print_medians(runs)


def public_films(count: int) -> list[bytes]:
    """Films of the public data set at the size that clinics send."""
    folder = cxr_folder()
    if folder is None:
        sys.exit("There is no film to send: name one with --film, or the public films with CARINA_CXR_DATA.")
    return [
        enlarged(small) for small in sorted((folder / "images/nih-chestxray8/normal").glob("*.jpg"))[:count]
    ]


def enlarged(film: Path) -> bytes:
    stream = io.BytesIO()
    with Image.open(film) as image:
        image.convert("L").resize((FILM_SIDE, FILM_SIDE), Image.Resampling.BICUBIC).save(
            stream, "JPEG", quality=FILM_QUALITY
        )
    return stream.getvalue()


@contextlib.contextmanager
def portal() -> Iterator[None]:
    """The portal's web server with nginx before it, as in production."""
    port = free_port()
    environment = os.environ | {
        "ALLOWED_HOSTS": NAME, "BEHIND_PROXY": "true", "HTTPS": "true",
        "PUBLIC_ADDRESS": f"https://{NAME}", "STATIC_ROOT": str(trial.FOLDER / "static"),
    }  # fmt: skip
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(collect, cwd=trial.ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "--config", "python:portal.gunicorn"]
    with (trial.FOLDER / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}", "portal.wsgi"],
            cwd=trial.ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    folder = trial.FOLDER
    production_proxy.certify(folder, NAME)
    ports = {80: 80, 443: 443, 8081: free_port()}
    text = production_proxy.configuration(folder, portal=port, host=HERE, ports=ports)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        with production_proxy.running(folder, text, host=HERE, port=443):
            yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def wait_for(address: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with contextlib.suppress(OSError), direct.open(address, timeout=5):
            return
        time.sleep(0.2)
    sys.exit(f"The portal does not answer: see {trial.FOLDER / 'web.log'}.")


@contextlib.contextmanager
def browser_at_the_other_end(line: LossyLine) -> Iterator[BrowserContext]:
    """A new browser, which takes our certificate for a good one: else it would keep nothing in its cache."""
    starter = trial.FOLDER / "chromium"
    starter.write_text(f'#!/bin/sh\nexec {" ".join(line.inside)} {shutil.which("chromium")} "$@"\n')
    starter.chmod(0o700)
    openssl = ["openssl", "x509", "-in", str(trial.FOLDER / "certificate.pem"), "-noout", "-pubkey"]
    pem = subprocess.run(openssl, check=True, capture_output=True).stdout
    key = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    trusted = base64.b64encode(hashlib.sha256(key).digest()).decode()
    rules = [f"--host-resolver-rules=MAP {NAME} {HERE}", f"--ignore-certificate-errors-spki-list={trusted}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(starter), args=["--no-sandbox", "--disable-gpu", *rules]
        )
        context = browser.new_context(base_url=f"https://{NAME}", viewport={"width": 1366, "height": 768})
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        yield context
        browser.close()


class Watch:
    """Times each step of a page, and counts what the line carried meanwhile."""

    def __init__(self, line: LossyLine, page: Page, pictures: Path | None) -> None:
        self.line, self.page, self.pictures = line, page, pictures
        self.under_way: set[object] = set()
        self.last = self.taken = 0.0
        page.on("request", lambda request: self.note(request, True))
        for name in ("requestfinished", "requestfailed"):
            page.on(name, lambda request: self.note(request, False))
        self.begin()

    def note(self, request: object, begins: bool) -> None:
        (self.under_way.add if begins else self.under_way.discard)(request)
        self.last = time.monotonic()

    def begin(self) -> None:
        self.started, self.before = time.monotonic(), self.counted()

    def counted(self) -> list[int]:
        log = trial.FOLDER / "stdout"
        down, up = self.line.ways
        requests = log.read_bytes().count(b"\n") if log.exists() else 0
        return [up.bytes, down.bytes, up.lost + down.lost, requests]

    def step(self, name: str, condition: str, *, quiet: bool = True) -> Step:
        """The step that was just begun, until the condition holds."""
        usable = self._until(name, lambda: self._holds(f"{PAINTED} && {condition}"))
        whole = self._until(name, self._is_quiet) - QUIET_SECONDS if quiet else usable
        counts = [now - then for now, then in zip(self.counted(), self.before, strict=True)]
        step = Step(name, usable, max(usable, whole), *counts)
        print(row(step), flush=True)
        self.begin()
        return step

    def _until(self, name: str, holds: Callable[[], bool]) -> float:
        while time.monotonic() - self.started < PATIENCE_SECONDS:
            if holds():
                return time.monotonic() - self.started
            self.page.wait_for_timeout(40)
            self._picture(name)
        raise SystemExit(f"Not within {PATIENCE_SECONDS} s: {name}")

    def _holds(self, condition: str) -> bool:
        with contextlib.suppress(Error):  # another page just came
            return bool(self.page.evaluate(f"Boolean({condition})"))
        return False

    def _is_quiet(self) -> bool:
        return not self.under_way and time.monotonic() - self.last > QUIET_SECONDS

    def _picture(self, name: str) -> None:
        if self.pictures is None or time.monotonic() - self.taken < 0.5:
            return
        self.taken = time.monotonic()
        second = f"{self.taken - self.started:05.1f}"
        with contextlib.suppress(Error):  # nothing is painted yet
            self.page.screenshot(path=self.pictures / f"{name} {second}.png", timeout=2000)


def visit(line: LossyLine, film: bytes, options: argparse.Namespace, number: int) -> Iterator[Step]:
    """What one person does who has never been here, and then does again."""
    print(f"\nRun {number + 1}\n{HEAD}", flush=True)
    with browser_at_the_other_end(line) as context:
        page = context.new_page()
        watch = Watch(line, page, options.pictures)
        yield from signed_in(page, watch, "")
        page.get_by_role("link", name="New study").first.click()
        yield watch.step("new study", NEW_STUDY)
        patient = PATIENTS[number % len(PATIENTS)]  # alike, they would be asked about
        page.get_by_label("Patient number").fill(f"{patient}-1")
        page.get_by_label("Last name").fill(patient)
        page.locator("#id_films").set_input_files(
            {"name": "film.jpg", "mimeType": "image/jpeg", "buffer": film}
        )
        watch.begin()
        page.get_by_role("button", name="Send", exact=True).click(no_wait_after=True)
        yield watch.step("film sent, its study", STUDY, quiet=False)
        yield watch.step("its result and picture", RESULT, quiet=False)
        if options.tools:
            yield watch.step("viewing tools", TOOLS, quiet=False)
        page.locator("details.menu summary").click()
        page.get_by_role("button", name="Sign out").click(no_wait_after=True)
        yield watch.step("signed out", SIGN_IN)
        yield from signed_in(page, watch, ", again")
        page.locator("tr:has(.w-network .bar) .row-link").first.click(no_wait_after=True)
        yield watch.step("another study’s result and picture", RESULT, quiet=False)


def signed_in(page: Page, watch: Watch, when: str) -> Iterator[Step]:
    watch.begin()
    page.goto("/accounts/login/", wait_until="commit")
    yield watch.step(f"sign-in page{when}", SIGN_IN)
    page.locator("#id_login").fill(WHO)
    page.locator("#id_password").fill(PASSWORD)
    watch.begin()
    page.get_by_role("button", name="Sign in").click(no_wait_after=True)
    yield watch.step(f"worklist{when}", WORKLIST)


HEAD = f"{'':36}{'usable':>9}{'quiet':>9}{'up':>10}{'down':>11}{'lost':>6}{'requests':>10}"


def row(step: Step) -> str:
    sizes = f"{step.up / 1000:7.1f} kB{step.down / 1000:8.1f} kB"
    return (
        f"{step.name:36}{step.usable:7.1f} s{step.quiet:7.1f} s{sizes}{step.lost:6.0f}{step.requests:10.0f}"
    )


def print_medians(runs: list[list[Step]]) -> None:
    print(f"\nMedian of {len(runs)}, and the least and most seconds until usable\n{HEAD}")
    for same in zip(*runs, strict=True):
        numbers = [vars(step) for step in same]
        middle = {key: statistics.median(each[key] for each in numbers) for key in list(numbers[0])[1:]}
        times = [step.usable for step in same]
        print(f"{row(Step(same[0].name, **middle))}   {min(times):.1f} to {max(times):.1f} s")


if __name__ == "__main__":
    main()
