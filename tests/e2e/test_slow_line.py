"""A film on a slow line: it goes on where the line dropped, also after the browser was closed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Request, expect

from tests.e2e.portal import Portal
from tests.e2e.steps import ANALYSIS_MS, enter, sign_in

SLOW = 20 * 1024  # bytes a second
STUDY = re.compile(r"/studies/[0-9a-f-]{36}/$")


class Line:
    """The line of a page: how fast it is, and where the pieces that went over it began."""

    def __init__(self, page: Page) -> None:
        self.offsets: list[int] = []
        self._chromium: CDPSession = page.context.new_cdp_session(page)
        self._chromium.send("Network.enable")
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method == "PATCH":
            self.offsets.append(int(request.headers["upload-offset"]))

    def is_(self, *, speed: int = -1, offline: bool = False) -> None:
        rules = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
        self._chromium.send("Network.emulateNetworkConditions", rules)


@pytest.fixture
def slow(browser: Browser, portal: Portal) -> Iterator[Page]:
    context = browser.new_context(base_url=portal.url)
    page = context.new_page()
    sign_in(page)
    yield page
    context.close()


def begin(page: Page, number: str, film: Path, line: Line) -> None:
    """Send a film until a part of it went, and its speed and time left are shown."""
    page.goto("/studies/new/")
    page.locator("#id_films").set_input_files(film)
    page.get_by_label("Patient number").fill(number)
    page.get_by_label("Last name").fill("Browser")
    line.is_(speed=SLOW)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".file-sending .file-state")).to_have_text(
        re.compile(r"\d+ %, \d+ kB/s, .* left"), timeout=ANALYSIS_MS
    )


@pytest.fixture
def film(tmp_path: Path, films: list[Path]) -> Path:
    """A film that takes a while on this line."""
    long = tmp_path / "long.jpg"
    content = films[5].read_bytes()
    long.write_bytes(content + b"\0" * max(0, 400_000 - len(content)))
    return long


def test_it_goes_on_by_itself_when_the_line_comes_back(slow: Page, film: Path) -> None:
    line = Line(slow)
    begin(slow, "E2E-7001", film, line)
    line.is_(offline=True)
    slow.wait_for_function("() => !navigator.onLine")
    slow.wait_for_timeout(1500)  # a while without a line, long enough for a first vain try
    line.is_()
    expect(slow).to_have_url(STUDY, timeout=ANALYSIS_MS)
    expect(slow.locator("section.film")).to_have_count(1)
    assert line.offsets[0] == 0
    assert line.offsets[-1] > 0, "what came before the line dropped was not sent again"


def test_it_goes_on_after_the_browser_was_closed(slow: Page, film: Path) -> None:
    begin(slow, "E2E-7002", film, Line(slow))
    context = slow.context
    slow.close()
    page = context.new_page()
    page.goto("/studies/new/")
    expect(page.get_by_role("heading", name="Films that are on their way")).to_be_visible()
    expect(page.get_by_text("long.jpg")).to_be_visible()
    line = Line(page)
    enter(page, "E2E-7002", film)
    expect(page).to_have_url(STUDY, timeout=ANALYSIS_MS)
    assert line.offsets[0] > 0, "it began where the other page stopped"
    page.goto("/studies/new/")
    expect(page.get_by_text("long.jpg")).to_have_count(0)


def test_a_film_can_pause_and_be_discarded(slow: Page, film: Path) -> None:
    line = Line(slow)
    begin(slow, "E2E-7003", film, line)
    slow.get_by_role("button", name="Pause").click()
    expect(slow.locator(".file-sending .file-state")).to_contain_text("paused")
    slow.goto("/studies/new/")
    slow.get_by_role("button", name="Discard").click()
    expect(slow.get_by_text("The film is discarded")).to_be_visible()
    expect(slow.get_by_text("long.jpg")).to_have_count(0)


def test_no_patients_name_stays_in_the_browser(slow: Page, film: Path) -> None:
    begin(slow, "E2E-7004", film, Line(slow))
    kept = slow.evaluate("() => JSON.stringify(localStorage)")
    assert "carina.upload." in kept
    assert "long.jpg" not in kept
