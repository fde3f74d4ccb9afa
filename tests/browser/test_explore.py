"""explore.ipynb in a real browser: a slider moves, the chart changes."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PATIENCE_MS = 120_000  # the model may have to be compiled first
CHART = ".widget-image"


@pytest.fixture(scope="module")
def page(browser, lab, screens):
    """The notebook with every cell run."""
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.goto(f"{lab}/notebooks/explore.ipynb?reset")
    # The notebook's own sign says idle before there is a kernel; the bar below tells the truth.
    expect(page.get_by_text(re.compile(r"Python.*\| Idle"))).to_be_visible(timeout=PATIENCE_MS)
    page.screenshot(path=screens / "explore-opened.png")
    # Not awaited: what the command promises is kept late, or never.
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.wait_for_selector(".widget-select-multiple", timeout=PATIENCE_MS)
    yield page
    page.close()


def source(page):
    return page.locator(CHART).first.get_attribute("src")


def redrawn(page, before):
    """Wait until the first chart is another one; give what the explorer says of it."""
    page.wait_for_function(
        "([kind, before]) => document.querySelector(kind).src !== before",
        arg=[CHART, before],
        timeout=PATIENCE_MS,
    )
    said = page.get_by_text(re.compile("Simulated and drawn in")).first
    return said.inner_text()


def test_the_notebook_runs_without_an_error(page, screens):
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    expect(page.locator(CHART).first).to_be_visible()
    page.screenshot(path=screens / "explore.png")


def test_moving_the_slider_changes_the_chart(page, screens):
    before = source(page)
    handle = page.locator(".widget-slider", has_text="items in the batch").locator(".noUi-handle")
    handle.focus()
    page.keyboard.press("ArrowRight")
    told = redrawn(page, before)
    assert re.fullmatch(r"Simulated and drawn in [\d.]+ s, prices of us-east-1, [\d-]+\.", told)
    page.screenshot(path=screens / "explore-moved.png")


def test_a_knob_that_cannot_work_says_why_and_leaves_the_chart(page, screens):
    page.get_by_role("tab", name="sqs", exact=True).click()
    row = page.locator(".widget-slider:visible", has_text="items_per_message")
    before = source(page)
    row.locator(".noUi-handle").focus()
    page.keyboard.press("End")
    expect(page.get_by_text("Not possible:").first).to_be_visible(timeout=PATIENCE_MS)
    assert source(page) == before
    page.screenshot(path=screens / "explore-refused.png")
    page.keyboard.press("Home")
    redrawn(page, before)


def test_a_price_changes_the_dollars(page, screens):
    page.get_by_role("tab", name="Prices", exact=True).click()
    before = source(page)
    page.locator(".widget-slider", has_text="DynamoDB").locator(".noUi-handle").focus()
    page.keyboard.press("End")
    redrawn(page, before)
    page.screenshot(path=screens / "explore-prices.png")


def test_stored_runs_are_picked_and_compared(page, screens):
    runs = page.locator(".widget-select-multiple select")
    runs.scroll_into_view_if_needed()
    assert runs.locator("option").count() == 12
    runs.select_option(index=[0, 6])
    expect(page.locator(CHART).nth(1)).to_have_js_property("complete", True)
    page.wait_for_function(
        f"document.querySelectorAll('{CHART}')[1].naturalWidth > 100", timeout=PATIENCE_MS
    )
    page.locator(CHART).nth(1).scroll_into_view_if_needed()
    page.screenshot(path=screens / "explore-picked.png")
