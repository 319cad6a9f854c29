"""A film on a slow line: it goes on where the line dropped, also after the browser was closed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.e2e.portal import Portal
from tests.e2e.relay import Relay
from tests.e2e.steps import ANALYSIS_MS, sign_in

pytestmark = pytest.mark.e2e
SLOW = 60 * 1024  # bytes a second
STUDY = re.compile(r"/studies/[0-9a-f-]{36}/$")


@pytest.fixture
def line(portal: Portal) -> Iterator[Relay]:
    with Relay(int(portal.url.rpartition(":")[2])) as line:
        yield line


@pytest.fixture
def slow(browser: Browser, line: Relay) -> Iterator[Page]:
    context = browser.new_context(base_url=line.url)
    page = context.new_page()
    sign_in(page)
    yield page
    context.close()


def offsets_of(page: Page) -> list[int]:
    """Where the pieces begin that this page sends; grows while it does."""
    offsets: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    return offsets


def send(page: Page, name: str, film: Path) -> None:
    """Send a film of a patient whose name is like nobody else's: nothing is asked about it."""
    page.goto("/studies/new/")
    page.locator("#id_films").set_input_files(film)
    page.get_by_label("Patient number").fill(f"E2E-{name}")
    page.get_by_label("Last name").fill(name)
    page.get_by_role("button", name="Send", exact=True).click()


def begin(page: Page, name: str, film: Path, line: Relay) -> None:
    """Send a film until a part of it went, and its speed and time left are shown."""
    line.speed = SLOW
    send(page, name, film)
    expect(page.locator(".file-sending .file-state")).to_have_text(
        re.compile(r"\d+ %, \d+ kB/s, .* left"), timeout=ANALYSIS_MS
    )


@pytest.fixture
def film(tmp_path: Path, films: list[Path]) -> Path:
    """A film that takes a while on this line."""
    long = tmp_path / "long.jpg"
    content = films[5].read_bytes()
    # each test's own: a film that is on record is not taken again
    long.write_bytes(content.ljust(1_200_000, b"\0") + str(tmp_path).encode())
    return long


def test_it_goes_on_by_itself_when_the_line_comes_back(slow: Page, film: Path, line: Relay) -> None:
    offsets = offsets_of(slow)
    begin(slow, "Alder", film, line)
    with slow.expect_event("requestfailed"):
        line.cut()
    slow.wait_for_event("requestfailed")  # and a first vain try
    line.speed = None
    line.mend()
    expect(slow).to_have_url(STUDY, timeout=ANALYSIS_MS)
    expect(slow.locator("section.film")).to_have_count(1)
    assert offsets[0] == 0
    assert offsets[-1] > 0, "what came before the line dropped was not sent again"


def test_the_bar_shows_what_arrived_and_not_what_waits_in_the_line(
    slow: Page, film: Path, line: Relay
) -> None:
    offsets = offsets_of(slow)
    begin(slow, "Elder", film, line)
    shown = slow.locator(".file-sending progress").evaluate("bar => bar.value")
    assert 0 < shown <= offsets[-1] / film.stat().st_size
    line.speed = None
    expect(slow).to_have_url(STUDY, timeout=ANALYSIS_MS)


def test_it_goes_on_after_the_browser_was_closed(slow: Page, film: Path, line: Relay) -> None:
    begin(slow, "Birch", film, line)
    context = slow.context
    slow.close()
    line.speed = None
    page = context.new_page()
    page.goto("/studies/new/")
    expect(page.get_by_role("heading", name="Films that are on their way")).to_be_visible()
    expect(page.get_by_text("long.jpg")).to_be_visible()
    offsets = offsets_of(page)
    send(page, "Birch", film)
    expect(page).to_have_url(STUDY, timeout=ANALYSIS_MS)
    assert offsets[0] > 0, "it began where the other page stopped"
    page.goto("/studies/new/")
    expect(page.get_by_text("long.jpg")).to_have_count(0)


def test_a_film_can_pause_and_be_discarded(slow: Page, film: Path, line: Relay) -> None:
    begin(slow, "Cedar", film, line)
    slow.get_by_role("button", name="Pause").click()
    expect(slow.locator(".file-sending .file-state")).to_contain_text("paused")
    slow.goto("/studies/new/")
    slow.get_by_role("button", name="Discard").click()
    expect(slow.get_by_text("The film is discarded")).to_be_visible()
    expect(slow.get_by_text("long.jpg")).to_have_count(0)


def test_no_patients_name_stays_in_the_browser(slow: Page, film: Path, line: Relay) -> None:
    begin(slow, "Dogwood", film, line)
    kept = slow.evaluate("() => JSON.stringify(localStorage)")
    assert "carina.upload." in kept
    assert "long.jpg" not in kept
