"""Many films in a real browser: dropped, typed, left, found again, and sent once."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from diagnosis.imaging.phantom import draw_phantom
from tests.e2e.portal import Portal
from tests.e2e.steps import ANALYSIS_MS, sign_in
from tests.e2e.test_accessibility import violations

pytestmark = pytest.mark.e2e

PAGE = "/studies/batch/"
WHO = "technician@riverside.example"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with films of three patients, whose names give away two numbers, and a letter."""
    folder = tmp_path_factory.mktemp("films")
    for place, name in enumerate(("B-7104_pa", "B-7104_again", "B-9215", "chest")):
        draw_phantom(seed=7100 + place).save(folder / f"{name}.png")
    (folder / "letter.png").write_bytes(b"%PDF-1.7 no film")
    return folder


def row(page: Page, name: str) -> Locator:
    return page.locator(".batch-list tbody tr", has_text=name)


def sign_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def test_a_list_survives_reload_and_the_end_of_the_session_and_is_sent_once(page: Page, drawn: Path) -> None:
    sign_in(page, WHO)
    page.goto(PAGE)
    page.locator("#id_films").set_input_files(sorted(drawn.iterdir()))
    expect(page.locator(".batch-list tbody tr")).to_have_count(5, timeout=ANALYSIS_MS)
    expect(row(page, "letter.png")).to_contain_text("Not taken.")
    expect(row(page, "B-9215.png").get_by_label("Patient number")).to_have_value("B-9215")
    expect(row(page, "chest.png").get_by_label("Patient number")).to_have_value("")
    assert not violations(page)
    chest = row(page, "chest.png")
    chest.get_by_label("Patient number").fill("B-3306")
    expect(chest).to_contain_text("New patient")
    chest.get_by_label("Last name").fill("Okafor")
    expect(page.locator("[data-progress-text]")).to_have_text("What you typed is kept.")
    chest.get_by_label("Birth date").fill("2190")
    page.reload()  # at once: the last keys are not lost either, though the page may be there before them
    for _ in range(10):
        if row(page, "chest.png").get_by_label("Birth date").input_value():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(row(page, "chest.png").get_by_label("Birth date")).to_have_value("2190")
    expect(row(page, "chest.png").get_by_label("Last name")).to_have_value("Okafor")
    expect(row(page, "chest.png").locator("img")).to_have_js_property("complete", True)
    expect(page.locator("[data-progress-text]")).to_have_text(re.compile("^$|is kept"))
    sign_out(page)
    sign_in(page, WHO)
    page.goto(PAGE)
    expect(row(page, "chest.png").get_by_label("Patient number")).to_have_value("B-3306")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="Sent: 3 films")).to_be_visible(timeout=ANALYSIS_MS)
    expect(page.locator(".batch-list tbody tr")).to_have_count(2)
    expect(row(page, "chest.png")).to_contain_text("This date is in the future.")
    row(page, "chest.png").get_by_label("Birth date").fill("1990")
    row(page, "letter.png").get_by_role("button", name="Remove").click()
    expect(row(page, "letter.png")).to_have_count(0)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="Sent: 4 films")).to_be_visible(timeout=ANALYSIS_MS)
    expect(page.locator(".batch-sent li")).to_have_count(3)  # two films of one patient are one study
    page.get_by_role("link", name="B-7104").click()
    expect(page.locator("section.film")).to_have_count(2)


def test_a_broken_line_loses_no_film_and_sends_none_twice(rough: Page, tmp_path: Path) -> None:
    page = rough
    film = tmp_path / "B-4417.png"
    draw_phantom(seed=7144).save(film)
    sign_in(page, WHO)
    page.goto(PAGE)
    broken = {"add/": 1, "send/": 1}

    def breaks_once(route: Route) -> None:
        ending = next((one for one in broken if route.request.url.endswith(one)), "")
        if ending and broken[ending]:
            broken[ending] -= 1
            if ending == "send/":
                route.fetch()  # the portal has heard it, and its answer is lost
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/studies/batch/*/", breaks_once)
    page.locator("#id_films").set_input_files(film)
    expect(row(page, "B-4417.png")).to_have_count(1, timeout=ANALYSIS_MS)
    expect(page.locator(".files li")).to_have_count(0)
    page.locator("#id_films").set_input_files(film)
    expect(page.locator("[data-drop]")).to_contain_text("1 file was in the list already", timeout=ANALYSIS_MS)
    expect(row(page, "B-4417.png")).to_have_count(1)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".batch-sent")).to_contain_text("B-4417", timeout=ANALYSIS_MS)
    page.goto("/worklist/?q=B-4417")
    expect(page.locator(".worklist tbody tr")).to_have_count(1)


def test_who_was_signed_out_sends_all_that_is_left_with_one_press(rough: Page, tmp_path: Path) -> None:
    page = rough
    films = [tmp_path / f"B-{number}.png" for number in (6610, 6602, 6601)]
    for place, film in enumerate(films):
        draw_phantom(seed=7160 + place).save(film)
    sign_in(page, WHO)
    page.goto(PAGE)
    page.context.clear_cookies()
    page.locator("#id_films").set_input_files(films)
    failed = page.locator(".file-failed")
    expect(failed).to_have_count(3, timeout=ANALYSIS_MS)
    expect(failed.nth(0)).to_contain_text("B-6601.png")  # by name, however they were chosen
    sign_in(page.context.new_page(), WHO)
    page.get_by_role("button", name="Try all 3 again").click()
    expect(page.locator(".batch-list tbody tr")).to_have_count(3, timeout=ANALYSIS_MS)
    expect(failed).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Try all"))).to_be_hidden()
    for film in films:
        row(page, film.name).get_by_role("button", name="Remove").click()
        expect(row(page, film.name)).to_have_count(0)


def test_a_file_too_large_costs_the_others_nothing_and_keeps_no_place(rough: Page, tmp_path: Path) -> None:
    page = rough
    large, film = tmp_path / "large.png", tmp_path / "B-8850.png"
    draw_phantom(seed=7188).save(film)
    large.write_bytes(film.read_bytes())
    os.truncate(large, 51 * 1024**2)
    sign_in(page, WHO)
    page.goto(PAGE)
    with page.expect_event("requestfinished", lambda request: request.method == "DELETE"):
        page.locator("#id_films").set_input_files([large, film])
    failed = page.locator(".file-failed", has_text="large.png")
    expect(failed).to_contain_text("larger than 50 MB", timeout=ANALYSIS_MS)
    expect(row(page, "B-8850.png")).to_have_count(1, timeout=ANALYSIS_MS)
    failed.get_by_role("button", name="Remove").click()
    expect(failed).to_have_count(0)
    page.reload()
    expect(page.get_by_text("large.png")).to_have_count(0)
    row(page, "B-8850.png").get_by_role("button", name="Remove").click()
    expect(row(page, "B-8850.png")).to_have_count(0)


def test_the_list_works_without_javascript(browser: Browser, portal: Portal, tmp_path: Path) -> None:
    for name, seed in (("B-5528", 7155), ("xray", 7156)):
        draw_phantom(seed=seed).save(tmp_path / f"{name}.png")
    context = browser.new_context(
        base_url=portal.url, java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    sign_in(page, WHO)
    page.goto(PAGE)
    page.locator("#id_films").set_input_files([tmp_path / "B-5528.png", tmp_path / "xray.png"])
    page.get_by_role("button", name="Add films").click()
    expect(page.get_by_text("2 films added to the list.")).to_be_visible()
    row(page, "xray.png").get_by_label("Patient number").fill("B-6639")
    page.get_by_role("button", name="Keep for later").click()
    expect(row(page, "xray.png")).to_contain_text("New patient")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("2 films sent.")).to_be_visible()
    context.close()
