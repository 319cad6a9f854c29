"""The whole portal as `script/demo` starts it, a browser in front of it, and films to send."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.portal import ROOT, Portal, wait_until_ready
from tests.ports import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Broker, worker, beat and web server as script/demo runs them, with phantoms for films."""
    folder = tmp_path_factory.mktemp("portal")
    port = free_port()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name
        not in {"DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRET_KEY", "HASHED_STATIC", "DEBUG", "HTTPS"}
    }
    environment["CARINA_CXR_DATA"] = str(folder / "no-films")  # phantoms: the same on every machine
    environment["STATIC_ROOT"] = str(folder / "static")
    log = folder / "portal.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "script/supervise.py"),
                "--port",
                str(port),
                "--data",
                str(folder / "data"),
            ],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        yield Portal(url=f"http://127.0.0.1:{port}", data=folder / "data")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="module")  # its event loop must be gone when other tests use the database
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install the package chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, portal: Portal) -> Iterator[Page]:
    """A fresh page at the portal; a message on the browser's console that is an error fails the test."""
    context = browser.new_context(base_url=portal.url, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors, f"The browser's console shows errors: {errors}"


DATA = Path(os.environ.get("CARINA_CXR_DATA") or ROOT.parent / "shared/data/cxr")


@pytest.fixture(scope="session")
def films() -> list[Path]:
    """A few real films; the network refuses drawn ones from anybody but the demonstration."""
    found = sorted((DATA / "images/nih-chestxray8").rglob("*.jpg"))[:6]
    if len(found) < 6:
        pytest.skip(f"no films under {DATA}: set CARINA_CXR_DATA")
    return found


@pytest.fixture
def rough(browser: Browser, portal: Portal) -> Iterator[Page]:
    """A page where things go wrong on purpose: the browser's console may say so."""
    context = browser.new_context(base_url=portal.url)
    yield context.new_page()
    context.close()
