"""The reading page is one screen: studies are read, signed and left in a few strokes and without a scroll."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.portal import Portal
from tests.e2e.steps import open_every_film, sign_in

pytestmark = pytest.mark.e2e

PARTS = [
    ".study-head",
    ".film.shown .film-view",
    ".film.shown .answer .headline",
    ".film.shown .scale",
    "#finding .findings",
]


def at(browser: Browser, portal: Portal, width: int, height: int, **options: object) -> BrowserContext:
    size = {"width": width, "height": height}
    return browser.new_context(base_url=portal.url, viewport=size, **options)


def open_first(page: Page) -> None:
    sign_in(page)
    page.locator("#next-study").click()
    expect(page.locator("[data-room]")).to_be_visible()
    page.wait_for_load_state()


def signed(page: Page) -> str:
    """The name of the study that the toast says is signed."""
    toast = page.locator(".toast-signed").first
    expect(toast).to_be_in_viewport(ratio=1)
    return toast.inner_text()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1440, 900), (1920, 1080)])
def test_film_result_decision_and_sign_are_on_one_screen(
    browser: Browser, portal: Portal, width: int, height: int
) -> None:
    context = at(browser, portal, width, height)
    page = context.new_page()
    open_first(page)
    for part in [*PARTS, "#finding .sign"]:
        expect(page.locator(part).first).to_be_in_viewport(ratio=1)
    film = page.locator(".film.shown .film-view").bounding_box()
    finding = page.locator("#finding").bounding_box()
    assert film is not None
    assert finding is not None
    assert film["width"] > 0.65 * width
    # down to where Sign ends; a study with several films has their strip below the one that is shown
    assert finding["y"] + finding["height"] - film["y"] > 0.75 * height
    assert film["height"] > 0.66 * height
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    context.close()


def test_a_phone_shows_the_film_first_and_the_answer_below(browser: Browser, portal: Portal) -> None:
    context = at(browser, portal, 390, 844, has_touch=True)
    page = context.new_page()
    open_first(page)
    tops = [
        page.locator(part).first.evaluate("part => part.getBoundingClientRect().top")
        for part in (".film.shown .stage", ".film.shown .answer", "#finding .findings")
    ]
    assert tops == sorted(tops)
    stage = page.locator(".film.shown .stage").bounding_box()
    assert stage is not None
    assert 0.45 * 844 < stage["height"] < 0.7 * 844
    expect(page.locator("#finding .sign")).to_be_in_viewport(ratio=1)
    context.close()


def test_two_studies_take_two_keys_each_and_the_second_is_taken_back(
    browser: Browser, portal: Portal
) -> None:
    context = at(browser, portal, 1366, 768)
    page = context.new_page()
    open_first(page)
    for _ in range(2):
        before = page.url
        open_every_film(page)
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, old=before: url != old)
        page.wait_for_load_state()
        assert "Normal" in signed(page)
    page.keyboard.press("u")
    expect(page.locator(".note-success")).to_contain_text("Taken back")
    expect(page.locator("[name=finding][value=normal]")).to_be_checked()
    context.close()


def test_a_study_takes_two_clicks_and_no_scroll(browser: Browser, portal: Portal) -> None:
    context = at(browser, portal, 1366, 768)
    page = context.new_page()
    open_first(page)
    for _ in range(2):
        before = page.url
        open_every_film(page)
        for target in ("label.finding-other", ".sign button[name=next]"):
            expect(page.locator(target)).to_be_in_viewport(ratio=1)
            page.locator(target).click()
        page.wait_for_url(lambda url, old=before: url != old)
        page.wait_for_load_state()
        assert "Other" in signed(page)
        assert page.evaluate("scrollY") == 0
    context.close()


def test_no_key_acts_in_the_note_and_the_question_mark_tells_all(browser: Browser, portal: Portal) -> None:
    context = at(browser, portal, 1366, 768)
    page = context.new_page()
    open_first(page)
    here = page.url
    page.wait_for_timeout(200)  # a toast takes the focus in the page's first frames
    page.keyboard.press("N")
    expect(page.locator("#id_sign_note")).to_be_focused()
    page.keyboard.type("3 n?")
    page.keyboard.press("Enter")
    expect(page.locator("#id_sign_note")).to_have_value("3 n?\n")
    expect(page.locator("[name=finding]:checked")).to_have_count(0)
    assert page.url == here
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_contain_text("Sign, and go on")
    context.close()


def test_without_scripts_a_study_is_read_and_signed(browser: Browser, portal: Portal) -> None:
    context = at(browser, portal, 1366, 768, java_script_enabled=False)
    page = context.new_page()
    open_first(page)
    before = page.url
    page.locator("label.finding-normal").click()
    page.locator(".sign button[name=next]").click()
    expect(page).not_to_have_url(before)
    assert "Normal" in signed(page)
    page.locator(".toast-signed form.undo button").first.click()
    expect(page).to_have_url(re.compile(re.escape(before.partition("?")[0])))
    context.close()
