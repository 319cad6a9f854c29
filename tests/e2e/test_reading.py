"""A film's way through the pages, in a real browser against the real portal: sent, analysed, read, signed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.steps import ANALYSIS_MS, enter, sign_in

pytestmark = pytest.mark.e2e


def test_a_film_is_sent_read_signed_and_reported(page: Page, films: list[Path]) -> None:
    sign_in(page)
    enter(page, "E2E-1173", films[0])
    expect(page).to_have_url(re.compile(r"/studies/[0-9a-f-]{36}/$"), timeout=ANALYSIS_MS)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    # The result comes by itself: nobody loads the page again.
    expect(page.locator(".headline")).to_contain_text(
        re.compile("Normal|Abnormal|Unsure|Unfamiliar"), timeout=ANALYSIS_MS
    )
    expect(page.locator("#poll")).to_have_count(0)
    expect(page.get_by_text("Suggested:")).to_be_visible()
    expect(page.locator(".scale svg .limit")).to_have_count(2)
    expect(page.locator(".looks")).to_contain_text(re.compile("Range over 3 views|One look"))
    expect(page.locator("#history")).to_contain_text("analysed film 1")
    _look_with_the_heatmap(page)
    _sign(page)
    _report(page)


def _look_with_the_heatmap(page: Page) -> None:
    expect(page.locator(".stage-status")).to_contain_text("full pixels", timeout=ANALYSIS_MS)
    slider, heat = page.get_by_role("slider", name="Heatmap"), page.locator("img.heat")
    expect(heat).to_be_hidden()
    page.keyboard.press("h")
    expect(heat).to_be_visible()
    box = heat.bounding_box()
    assert box is not None
    viewer = page.locator(".film.shown .viewer")
    sides = [int(str(viewer.get_attribute(f"data-{side}"))) for side in ("width", "height")]
    assert box["width"] / box["height"] == pytest.approx(sides[0] / sides[1], rel=0.02), (
        "it is the film's shape"
    )
    before = float(heat.evaluate("image => getComputedStyle(image).opacity"))
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert float(heat.evaluate("image => getComputedStyle(image).opacity")) > before
    page.keyboard.press("h")
    expect(heat).to_be_hidden()
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="Invert")).to_have_attribute("aria-pressed", "true")


def _sign(page: Page) -> None:
    page.get_by_label("Reject the network’s result").check()
    page.get_by_placeholder("Why? (needed to reject)").fill("Film is rotated")
    page.get_by_label("Note", exact=True).fill("Repeat tomorrow")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".toast-signed")).to_be_in_viewport(ratio=1)
    # the page shows by itself what has become final: a reload from here would meet its own
    expect(page.locator(".review-current")).to_contain_text("Film is rotated", timeout=20_000)


def _report(page: Page) -> None:
    page.get_by_role("link", name="Report").click()
    expect(page.locator(".signed").first).to_contain_text("Prediction rejected: Film is rotated")
    expect(page.get_by_text("Research use only, not a medical device")).to_be_visible()
    expect(page.locator("footer")).to_contain_text("audit event")
