"""The pages in a real browser: by keyboard, light and dark, small and light in weight."""

import re
from argparse import Namespace

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.page_weight import MOST, weighed
from tests.e2e.portal import Portal
from tests.e2e.steps import DOCTOR, PASSWORD, sign_in

pytestmark = pytest.mark.e2e


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


def test_pages_weigh_little_without_their_films(browser: Browser, portal: Portal) -> None:
    """60 kB on a first visit, without pictures and the viewer, which comes after them."""
    options = Namespace(address=portal.url, email=DOCTOR, password=PASSWORD)
    weights = {name: sum(files.values()) for name, files in weighed(browser, options)}
    assert {"sign-in", "worklist", "new study", "study"} <= set(weights)
    assert max(weights.values()) < MOST, weights


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_every_page_without_sideways_scrolling(
    browser: Browser, portal: Portal, width: int
) -> None:
    size = {"width": width, "height": 844}
    context = browser.new_context(base_url=portal.url, viewport=size, has_touch=True)
    page = context.new_page()
    sign_in(page)
    study = page.locator(".worklist .row-link").first.get_attribute("href")
    of_study = (str(study), f"{study}edit/", f"{study}report/")
    for address in ("/worklist/", "/studies/new/", *of_study, "/notices/", "/notices/choices/"):
        page.goto(address)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, address
    context.close()


def test_the_documentation_of_the_api_is_light_or_dark_as_chosen_and_leads_back(page: Page) -> None:
    colours = (
        "() => [getComputedStyle(document.body), getComputedStyle(document.querySelector('.info .title'))]"
    )
    colours = f"({colours})().map((style, at) => at ? style.color : style.backgroundColor)"
    page.goto("/api/docs/")
    expect(page.locator(".info .title")).to_be_visible()
    for theme, dark in (("Dark", True), ("Light", False)):
        page.get_by_label(theme).check()
        background, text = (sum(map(int, re.findall(r"\d+", one)[:3])) for one in page.evaluate(colours))
        assert (background < 200 < 400 < text) if dark else (text < 300 < 600 < background), theme
    page.get_by_role("link", name="Carina").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))
