"""Sending films in a real browser: every file is answered, and a broken line loses nothing."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from diagnosis.imaging.phantom import draw_phantom
from tests.e2e.portal import Portal
from tests.e2e.steps import ANALYSIS_MS, enter, sign_in

pytestmark = pytest.mark.e2e


def test_each_file_of_an_upload_has_its_own_outcome(page: Page, films: list[Path], tmp_path: Path) -> None:
    letter = tmp_path / "letter.png"
    letter.write_bytes(b"%PDF-1.7 no film")
    sign_in(page)
    enter(page, "E2E-2", films[1], letter, films[2])
    rows = page.locator(".files li")
    expect(rows.nth(0)).to_contain_text("received", timeout=ANALYSIS_MS)
    expect(rows.nth(1)).to_contain_text("not taken")
    expect(rows.nth(2)).to_contain_text("received")
    expect(page.locator("[data-progress-text]")).to_have_text("2 received, being checked · 1 not taken")
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
    expect(page.get_by_text("letter.png was refused.")).to_be_visible()
    # Refused or analysed: the film ends, and the link loads the page again until then.
    for _ in range(60):
        again = page.get_by_role("link", name="Load it again")
        if not again.count():
            break
        again.click()
        page.wait_for_timeout(500)
    expect(page.locator(".headline")).to_be_visible()
    context.close()
