"""A film's way through the pages, in a real browser against the real portal: sent, analysed, read, signed."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from diagnosis.imaging.phantom import draw_phantom
from tests.e2e.conftest import ROOT, Portal

pytestmark = pytest.mark.e2e

PASSWORD = "radiograph-demo"
DOCTOR = "doctor@riverside.example"
ANALYSIS_MS = 60_000
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


def sign_in(page: Page, email: str = DOCTOR) -> None:
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


def enter(page: Page, number: str, *files: Path) -> None:
    page.goto("/studies/new/")
    page.get_by_label("Patient number").fill(number)
    page.get_by_label("Last name").fill("Browser")
    page.locator("#id_films").set_input_files(files)
    page.get_by_role("button", name="Send").click()


def test_a_film_is_sent_read_signed_and_reported(page: Page, films: list[Path]) -> None:
    sign_in(page)
    enter(page, "E2E-1", films[0])
    expect(page).to_have_url(re.compile(r"/studies/[0-9a-f-]{36}/$"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    # The result comes by itself: nobody loads the page again.
    expect(page.locator(".headline")).to_contain_text("The network", timeout=ANALYSIS_MS)
    expect(page.locator("#poll")).to_have_count(0)
    expect(page.get_by_text("Next step, as a suggestion")).to_be_visible()
    expect(page.locator(".bars .num")).to_have_count(5)
    expect(page.locator(".bars")).to_contain_text("three looks at the same film")
    expect(page.locator("#history")).to_contain_text("analysed film 1")
    _look_with_the_heatmap(page)
    _sign(page)
    _report(page)


def _look_with_the_heatmap(page: Page) -> None:
    slider, heat = page.get_by_role("slider", name="Heatmap"), page.locator("img.heat")
    expect(heat).to_be_visible()
    box = [page.locator(name).bounding_box() for name in ("img.heat", "img.picture")]
    assert box[0] == box[1], "the heatmap lies exactly over the film"
    before = heat.evaluate("image => getComputedStyle(image).opacity")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert float(heat.evaluate("image => getComputedStyle(image).opacity")) > float(before)
    page.keyboard.press("Home")
    expect(heat).to_be_hidden()
    expect(page.locator(".heat-control output")).to_have_text("off")
    stage = page.locator(".stage")
    stage.focus()
    page.keyboard.press("+")
    expect(stage).to_have_class(re.compile("zoomed"))
    page.keyboard.press("0")
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="Invert")).to_have_attribute("aria-pressed", "true")


def _sign(page: Page) -> None:
    page.get_by_label("Reject the prediction").check()
    page.get_by_placeholder("Reason (needed)").fill("Film is rotated")
    page.get_by_label("Note").fill("Repeat tomorrow")
    page.get_by_role("button", name="Sign as Mira Castellan").click()
    expect(page.get_by_text("Your review is signed.")).to_be_visible()
    expect(page.locator(".review-current")).to_contain_text("Film is rotated")


def _report(page: Page) -> None:
    page.get_by_role("link", name="Report").click()
    expect(page.locator(".signed")).to_contain_text("Prediction rejected: Film is rotated")
    expect(page.get_by_text("Research use only, not a medical device")).to_be_visible()
    expect(page.locator("footer")).to_contain_text("chain head")


def test_each_file_of_an_upload_has_its_own_outcome(page: Page, films: list[Path], tmp_path: Path) -> None:
    letter = tmp_path / "letter.png"
    letter.write_bytes(b"%PDF-1.7 no film")
    sign_in(page)
    enter(page, "E2E-2", films[1], letter, films[2])
    rows = page.locator(".files li")
    expect(rows.nth(0)).to_contain_text("received", timeout=ANALYSIS_MS)
    expect(rows.nth(1)).to_contain_text("not taken")
    expect(rows.nth(2)).to_contain_text("received")
    page.get_by_role("link", name="Open the study").click()
    expect(page.locator("section.film")).to_have_count(2)


def test_a_wrong_field_keeps_what_was_typed_and_the_chosen_films(rough: Page, films: list[Path]) -> None:
    page = rough
    sign_in(page)
    enter(page, "", films[3])
    expect(page.locator("#id_number")).to_have_class(re.compile("is-invalid"))
    expect(page.get_by_label("Last name")).to_have_value("Browser")
    expect(page.locator(".files li")).to_have_count(1)
    page.get_by_label("Patient number").fill("E2E-3")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile(r"/studies/[0-9a-f-]{36}/$"), timeout=ANALYSIS_MS)
    expect(page.locator("section.film")).to_have_count(1)


def test_a_broken_line_is_tried_again_and_makes_no_second_study(rough: Page, films: list[Path]) -> None:
    page = rough
    sign_in(page)
    page.goto("/studies/new/")
    broken = {"left": 1}

    def break_once(route: object) -> None:
        if broken["left"]:
            broken["left"] -= 1
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/scans/", break_once)
    enter(page, "E2E-4", films[4])
    expect(page).to_have_url(re.compile(r"/studies/[0-9a-f-]{36}/$"), timeout=ANALYSIS_MS)
    expect(page.locator("section.film")).to_have_count(1)
    page.goto("/worklist/?q=E2E-4")
    expect(page.locator(".worklist tbody tr")).to_have_count(1)


def test_the_worklist_is_read_by_keyboard(page: Page) -> None:
    sign_in(page)
    rows = page.locator(".worklist .row-link")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    target = rows.nth(0).get_attribute("href")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(re.escape(str(target))))


def test_light_and_dark_are_a_choice_that_is_kept(page: Page) -> None:
    sign_in(page)
    page.locator("details.menu summary").click()
    page.get_by_label("Dark").check()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.keyboard.press("Tab")


def test_pages_weigh_little_without_their_films(page: Page) -> None:
    weights: dict[str, int] = {}

    def weigh(response: object) -> None:
        kind = response.request.resource_type
        if kind != "image":
            weights[response.url] = response.request.sizes()["responseBodySize"]

    sign_in(page)
    page.on("requestfinished", lambda request: weigh(request.response()))
    page.locator(".worklist .row-link").first.click()
    page.wait_for_load_state("networkidle")
    assert sum(weights.values()) < 200_000, weights


def test_sending_and_reading_work_without_javascript(
    browser: Browser, portal: Portal, tmp_path: Path
) -> None:
    drawn = tmp_path / "drawn.png"
    draw_phantom(seed=4711).save(drawn)
    letter = tmp_path / "letter.png"
    letter.write_bytes(b"%PDF-1.7 no film")
    context = browser.new_context(base_url=portal.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    enter(page, "E2E-5", drawn, letter)
    expect(page.get_by_text("1 film received.")).to_be_visible()
    expect(page.get_by_text("letter.png was not taken.")).to_be_visible()
    # Refused or analysed: the film ends, and the link loads the page again until then.
    for _ in range(60):
        again = page.get_by_role("link", name="Load it again")
        if not again.count():
            break
        again.click()
        page.wait_for_timeout(500)
    expect(page.locator(".headline")).to_be_visible()
    context.close()


def test_a_phone_shows_every_page_without_sideways_scrolling(browser: Browser, portal: Portal) -> None:
    context = browser.new_context(base_url=portal.url, viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    sign_in(page)
    study = page.locator(".worklist .row-link").first.get_attribute("href")
    for address in ("/worklist/", "/studies/new/", str(study), f"{study}edit/", f"{study}report/"):
        page.goto(address)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, address
    context.close()
