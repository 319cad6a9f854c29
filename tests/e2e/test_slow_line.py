"""A film on a slow line: it goes on where the line dropped, also after the browser was closed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from tests.dicom_films import chest, make_film
from tests.e2e.portal import Portal
from tests.e2e.relay import Relay
from tests.e2e.steps import ANALYSIS_MS, sign_in

pytestmark = pytest.mark.e2e
SLOW = 60 * 1024  # bytes a second
STUDY = re.compile(r"/studies/[0-9a-f-]{36}/$")
GOES = re.compile(r"\d+ %, \d+ kB/s, .* left")
MANY = "/studies/batch/"


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
    expect(page.locator(".file-sending .file-state")).to_have_text(GOES, timeout=ANALYSIS_MS)


@pytest.fixture
def film(tmp_path: Path, films: list[Path]) -> Path:
    """A film that takes a while on this line; of each test its own name, for what is on its way is listed."""
    long = tmp_path / f"{tmp_path.name}.jpg"
    content = films[5].read_bytes()
    # a film that is on record is not taken again
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
    expect(page.get_by_text(film.name)).to_be_visible()
    offsets = offsets_of(page)
    send(page, "Birch", film)
    expect(page).to_have_url(STUDY, timeout=ANALYSIS_MS)
    assert offsets[0] > 0, "it began where the other page stopped"
    page.goto("/studies/new/")
    expect(page.get_by_text(film.name)).to_have_count(0)


def test_a_film_can_pause_and_be_discarded(slow: Page, film: Path, line: Relay) -> None:
    begin(slow, "Cedar", film, line)
    slow.get_by_role("button", name="Pause").click()
    expect(slow.locator(".file-sending .file-state")).to_contain_text("paused")
    slow.goto("/studies/new/")
    slow.get_by_role("button", name="Discard").click()
    expect(slow.get_by_text("The film is discarded")).to_be_visible()
    expect(slow.get_by_text(film.name)).to_have_count(0)


def test_no_patients_name_stays_in_the_browser(slow: Page, film: Path, line: Relay) -> None:
    begin(slow, "Dogwood", film, line)
    kept = slow.evaluate("() => JSON.stringify(localStorage)")
    assert "carina.upload." in kept
    assert film.name not in kept


def test_a_film_that_is_left_out_is_discarded_there_too_however_the_line_is(
    slow: Page, film: Path, line: Relay
) -> None:
    slow.route("**/scans/", lambda route: route.fulfill(status=403, json={"text": "Not now."}))
    send(slow, "Elder", film)
    row = slow.locator(".file-failed")
    expect(row).to_contain_text("Not now.", timeout=ANALYSIS_MS)
    with slow.expect_event("requestfailed"):
        line.cut()
        row.get_by_role("button", name="Remove").click()
    with slow.expect_event("requestfinished", lambda request: request.method == "DELETE") as discarded:
        line.mend()
    answer = discarded.value.response()
    assert answer is not None
    assert answer.status == 204
    expect(slow).to_have_url(STUDY, timeout=ANALYSIS_MS)
    slow.goto("/studies/new/")
    expect(slow.get_by_role("heading", name="New study")).to_be_visible()
    expect(slow.get_by_text(film.name)).to_have_count(0)


def begin_many(page: Page, film: Path, line: Relay) -> None:
    line.speed = SLOW
    page.goto(MANY)
    page.locator("#id_films").set_input_files(film)
    expect(page.locator(".file-sending .file-state")).to_have_text(GOES, timeout=ANALYSIS_MS)


def row_of(page: Page, film: Path) -> Locator:
    return page.locator(".batch-list tbody tr", has_text=film.name)


def test_many_films_go_on_where_the_line_broke_and_stand_there_once(
    slow: Page, film: Path, line: Relay
) -> None:
    offsets = offsets_of(slow)
    begin_many(slow, film, line)
    with slow.expect_event("requestfailed"):
        line.cut()
    slow.wait_for_event("requestfailed")
    line.speed = None
    line.mend()
    expect(row_of(slow, film)).to_have_count(1, timeout=ANALYSIS_MS)
    expect(slow.locator(".file-sending")).to_have_count(0)
    assert offsets[0] == 0
    assert offsets[-1] > 0, "what came before the line dropped was not sent again"
    sent = len(offsets)
    slow.locator("#id_films").set_input_files(film)
    expect(slow.locator("[data-drop]")).to_contain_text("in the list already", timeout=ANALYSIS_MS)
    assert len(offsets) == sent, "chosen again, it takes nothing of the line"
    slow.reload()
    expect(row_of(slow, film)).to_have_count(1)


def test_many_films_go_on_after_the_browser_was_closed(slow: Page, film: Path, line: Relay) -> None:
    begin_many(slow, film, line)
    context = slow.context
    slow.close()
    line.speed = None
    page = context.new_page()
    page.goto(MANY)
    waits = page.get_by_role("region", name="Films that are on their way").get_by_text(film.name)
    expect(waits).to_be_visible()
    offsets = offsets_of(page)
    page.locator("#id_films").set_input_files(film)
    expect(row_of(page, film)).to_have_count(1, timeout=ANALYSIS_MS)
    expect(waits).to_have_count(0)
    assert offsets[0] > 0, "it began where the other page stopped"


def test_a_dicom_film_goes_on_and_says_whose_it_is(slow: Page, line: Relay, tmp_path: Path) -> None:
    film = tmp_path / "IM1"
    film.write_bytes(make_film(chest(side=700), bits=12, patient="E2E-Hazel", name="Hazel^Ada"))
    offsets = offsets_of(slow)
    slow.goto("/studies/new/")
    line.speed = SLOW
    slow.get_by_label("DICOM films or a ZIP").set_input_files(film)
    slow.get_by_role("button", name="Send the films").click()
    expect(slow.locator(".file-sending .file-state")).to_have_text(GOES, timeout=ANALYSIS_MS)
    with slow.expect_event("requestfailed"):
        line.cut()
    slow.wait_for_event("requestfailed")
    line.speed = None
    line.mend()
    expect(slow.locator("[data-files] li", has_text="IM1")).to_contain_text("received", timeout=ANALYSIS_MS)
    assert offsets[-1] > 0, "what came before the line dropped was not sent again"
    slow.get_by_role("link", name="Hazel").click()
    expect(slow).to_have_url(STUDY)
    expect(slow.locator("section.film")).to_have_count(1)
