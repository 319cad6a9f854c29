"""A film in the viewer, by mouse, keys and fingers: what the hand does is what the picture shows."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.portal import Portal
from tests.e2e.steps import ANALYSIS_MS, enter, sign_in

pytestmark = pytest.mark.e2e
VIEWER_MS = 30_000  # a megabyte to fetch and to run, on a machine that others use too


@pytest.fixture(scope="module")
def study(browser: Browser, portal: Portal, films: list[Path]) -> str:
    """The address of a study with one film."""
    context = browser.new_context(base_url=portal.url)
    page = context.new_page()
    sign_in(page)
    enter(page, "VIEW-1", films[5])
    expect(page.locator(".viewer")).to_be_visible(timeout=ANALYSIS_MS)
    address = page.url
    context.close()
    return address


@pytest.fixture
def reading(page: Page, study: str) -> Page:
    sign_in(page)
    page.goto(study)
    expect(page.locator(".viewer[data-live]")).to_be_visible(timeout=VIEWER_MS)
    expect(page.locator(".stage-status")).to_contain_text("full pixels", timeout=VIEWER_MS)
    return page


def words(page: Page) -> str:
    return page.locator(".stage-status").inner_text()


def drag(page: Page, start: tuple[float, float], way: tuple[float, float]) -> None:
    """From a point of the stage (shares of its size) by so many pixels."""
    box = page.locator(".stage-box").bounding_box()
    assert box is not None
    x, y = box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + way[0], y + way[1], steps=4)
    page.mouse.up()


def test_drag_windows_wheel_zooms_keys_put_back(reading: Page) -> None:
    page = reading
    # the words and the picture change once more when the film is there whole
    expect(page.locator(".stage-status")).to_contain_text("· full pixels", timeout=VIEWER_MS)
    opened, seen = words(page), page.locator(".stage-box").screenshot()
    drag(page, (0.5, 0.5), (80, 60))
    assert words(page) != opened
    assert page.locator(".stage-box").screenshot() != seen
    page.keyboard.press("x")
    expect(page.locator(".stage-status")).to_have_text(opened)
    assert page.locator(".stage-box").screenshot() == seen, "the key puts it back as it opened"
    page.mouse.wheel(0, -300)
    expect(page.locator(".stage-status")).not_to_have_text(opened)
    page.locator(".stage-box").dblclick()
    expect(page.locator(".stage-status")).to_have_text(opened)


def test_the_heatmap_is_off_until_its_key(reading: Page) -> None:
    page = reading
    expect(page.locator("img.heat")).to_be_hidden()
    page.keyboard.press("h")
    expect(page.locator("img.heat")).to_be_visible()
    page.keyboard.press("h")
    expect(page.locator("img.heat")).to_be_hidden()


def test_marks_reach_the_form_and_come_back(reading: Page) -> None:
    page = reading
    page.keyboard.press("l")
    drag(page, (0.4, 0.4), (120, 0))
    field = page.locator("input[name=annotations]").first
    expect(field).to_have_value(re.compile("length"))
    (mark,) = json.loads(field.input_value())
    assert mark["unit"] == "px"
    assert all(0 <= part <= 1 for point in mark["points"] for part in point)
    page.reload()
    expect(page.locator(".viewer[data-live]")).to_be_visible(timeout=VIEWER_MS)
    expect(page.locator(".stage-box svg text").first).to_contain_text(f"{mark['value']:g} px")
    page.keyboard.press("Delete")
    expect(field).to_have_value("")


def test_keys_are_text_in_a_text_field(reading: Page) -> None:
    page = reading
    opened = words(page).rpartition(" · ")[0]  # window and zoom: the full pixels may come meanwhile
    note = page.locator("textarea").first
    note.focus()
    page.keyboard.type("ihrf90")
    expect(note).to_have_value("ihrf90")
    expect(page.locator(".stage-status")).to_contain_text(opened)
    note.fill("")


def test_without_scripts_the_page_is_whole(browser: Browser, portal: Portal, study: str) -> None:
    context = browser.new_context(base_url=portal.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("#id_login").fill("doctor@riverside.example")
    page.locator("#id_password").fill("radiograph-demo")
    page.get_by_role("button", name="Sign in").click()
    page.goto(study)
    assert page.locator("img.picture").evaluate("image => image.getBoundingClientRect().height") > 100
    expect(page.locator(".headline").first).to_be_visible()
    expect(page.locator(".film-tools")).to_be_hidden()
    context.close()


def test_two_fingers_zoom_on_a_phone(browser: Browser, portal: Portal, study: str) -> None:
    context = browser.new_context(
        base_url=portal.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    sign_in(page)
    page.goto(study)
    expect(page.locator(".viewer[data-live]")).to_be_visible(timeout=VIEWER_MS)
    before = int(re.search(r"(\d+) %", words(page))[1])
    box = page.locator(".stage-box").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = context.new_cdp_session(page)

    def touch(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y}, {"x": x + apart, "y": y}] if kind != "touchEnd" else []
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 30)
    for apart in range(35, 120, 10):
        touch("touchMove", apart)
        page.wait_for_timeout(30)
    touch("touchEnd", 0)
    expect(page.locator(".stage-status")).not_to_contain_text(f" {before} %")
    context.close()


def line_of(page: Page) -> Callable[[int], None]:
    """Sets how many bytes a second the browser gets; -1: as many as come."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")

    def carries(speed: int) -> None:
        line = {"offline": False, "latency": 0, "downloadThroughput": speed, "uploadThroughput": speed}
        devtools.send("Network.emulateNetworkConditions", line)

    return carries


@pytest.fixture(scope="module")
def large(
    browser: Browser, portal: Portal, films: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The address of a study whose film has more pixels than a screen."""
    path = tmp_path_factory.mktemp("large") / "large.jpg"
    with Image.open(films[4]) as film:
        film.convert("L").resize((2048, 2048)).save(path)
    context = browser.new_context(base_url=portal.url)
    page = context.new_page()
    sign_in(page)
    enter(page, "VIEW-LARGE", path)
    expect(page.locator(".viewer")).to_be_visible(timeout=ANALYSIS_MS)
    address = page.url
    context.close()
    return address


def test_on_a_slow_line_the_tools_come_when_somebody_asks(rough: Page, large: str) -> None:
    page = rough
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    sign_in(page)
    line_carries = line_of(page)
    line_carries(8_000)
    page.goto(large, wait_until="commit")
    expect(page.get_by_text("Coarse so far")).to_be_visible(timeout=VIEWER_MS)
    ask = page.get_by_role("button", name="Fetch viewing tools")
    expect(ask).to_be_visible(timeout=VIEWER_MS)
    expect(page.get_by_text("Coarse so far")).to_have_count(0)
    assert [url for url in fetched if url.endswith("/display/?screen")]
    assert not [
        url for url in fetched if url.endswith(("/display/", "/pixels/")) or "/viewer/station." in url
    ]
    line_carries(-1)
    ask.click()
    expect(page.locator(".viewer[data-live]")).to_be_visible(timeout=VIEWER_MS)
    expect(page.locator(".slow-line")).to_have_count(0)
    assert not [url for url in fetched if url.endswith("/pixels/")], "every pixel is for whoever zooms in"
    for _ in range(3):
        page.keyboard.press("+")
    expect(page.locator(".picture")).to_have_js_property("naturalWidth", 2048)


def test_a_film_that_did_not_come_whole_is_fetched_again(rough: Page, study: str) -> None:
    page = rough
    sign_in(page)
    page.route("**/display/**", lambda route: route.abort())
    page.goto(study)
    again = page.get_by_role("button", name="Fetch it again")
    expect(page.get_by_text("did not come whole")).to_be_visible()
    page.unroute("**/display/**")
    again.click()
    expect(page.locator(".viewer[data-live]")).to_be_visible(timeout=VIEWER_MS)
    expect(again).to_have_count(0)
