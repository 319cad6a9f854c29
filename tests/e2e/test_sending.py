"""Sending films in a real browser: every file is answered, and a broken line loses nothing."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from diagnosis.imaging.phantom import draw_phantom
from tests.e2e.portal import Portal
from tests.e2e.steps import ANALYSIS_MS, enter, sign_in

pytestmark = pytest.mark.e2e


def test_each_file_of_an_upload_has_its_own_outcome(page: Page, films: list[Path], tmp_path: Path) -> None:
    letter = tmp_path / "letter.png"
    letter.write_bytes(b"%PDF-1.7 no film")
    sign_in(page)
    enter(page, "E2E-2846", films[1], letter, films[2])
    rows = page.locator("[data-files] li")
    expect(rows.nth(0)).to_contain_text("received", timeout=ANALYSIS_MS)
    expect(rows.nth(1)).to_contain_text("not taken")
    expect(rows.nth(2)).to_contain_text("received")
    told = page.locator("[data-upload] [data-progress-text]")
    expect(told).to_have_text("2 received, being checked · 1 not taken")
    page.get_by_role("link", name="Open the study").click()
    expect(page.locator("section.film")).to_have_count(2)


def test_a_wrong_field_keeps_what_was_typed_and_the_chosen_films(rough: Page, films: list[Path]) -> None:
    page = rough
    sign_in(page)
    enter(page, "", films[3])
    expect(page.locator("#id_number")).to_have_class(re.compile("is-invalid"))
    expect(page.get_by_label("Last name")).to_have_value("Browser")
    expect(page.locator("[data-files] li")).to_have_count(1)
    page.get_by_label("Patient number").fill("E2E-3519")
    page.get_by_role("button", name="Send", exact=True).click()
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
    enter(page, "E2E-4962", films[4])
    expect(page).to_have_url(re.compile(r"/studies/[0-9a-f-]{36}/$"), timeout=ANALYSIS_MS)
    expect(page.locator("section.film")).to_have_count(1)
    page.goto("/worklist/?q=E2E-4962")
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
    enter(page, "E2E-5307", drawn, letter)
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


def test_forty_chosen_films_show_small_pictures_and_the_page_stays_quick(
    browser: Browser, portal: Portal, tmp_path: Path
) -> None:
    context = browser.new_context(base_url=portal.url, viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    sign_in(page, "technician@riverside.example")
    page.goto("/studies/new/")
    letter = tmp_path / "letter.png"
    letter.write_bytes(b"%PDF-1.7 no film")
    files = [letter]
    for seed in range(39):
        files.append(tmp_path / f"{seed}.png")
        draw_phantom(seed=seed).resize((1500, 1500)).save(files[-1], compress_level=1)
    page.evaluate(
        """() => {
            window.longest = 0; let last = performance.now();
            const tick = () => {
                const now = performance.now(); window.longest = Math.max(window.longest, now - last);
                last = now; requestAnimationFrame(tick);
            };
            requestAnimationFrame(tick);
        }"""
    )
    page.locator("#id_films").set_input_files(files)
    expect(page.locator(".files canvas.drawn")).to_have_count(39, timeout=ANALYSIS_MS)
    assert page.evaluate("window.longest") < 1000
    widths = page.locator(".files canvas").evaluate_all("all => all.map(one => one.width)")
    assert max(widths) <= 192
    grey = page.locator(".files canvas").last.evaluate(
        "one => one.getContext('2d').getImageData(24, 24, 1, 1).data[3]"
    )
    assert grey == 255
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    page.locator("[data-files] li").nth(1).get_by_role("button", name="Remove").click()
    expect(page.locator("[data-files] li")).to_have_count(39)
    assert not faults
    context.close()


def test_a_film_of_twelve_bits_is_no_black_square(page: Page, tmp_path: Path) -> None:
    film = tmp_path / "deep.png"
    levels = np.asarray(draw_phantom(seed=3).convert("L"), dtype=np.uint16) * 16
    levels[:20] = levels[-20:] = 65535  # a white frame
    Image.fromarray(levels).save(film)
    sign_in(page)
    page.goto("/studies/new/")
    page.locator("#id_films").set_input_files(film)
    picture = page.locator(".files canvas.drawn")
    expect(picture).to_have_count(1)
    levels_of = "one => [...one.getContext('2d').getImageData(0, 0, one.width, one.height).data]"
    shown = picture.evaluate(levels_of)
    middle = shown[len(shown) // 4 : -len(shown) // 4 : 4]
    assert max(middle) > 200
