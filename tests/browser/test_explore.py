"""explore.ipynb in a real browser: verdict, slider, preset, pin, undo, tabs, refusals."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PATIENCE_MS = 120_000  # the model may have to be compiled first
CHART = ".widget-image"
VERDICT = re.compile("a month of 4 batches a day")


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
    """Wait until the first chart is another one and belongs to the controls; give what is said."""
    page.wait_for_function(
        "([kind, before]) => { const one = document.querySelector(kind);"
        " return one.src !== before && !one.classList.contains('explore-older') }",
        arg=[CHART, before],
        timeout=PATIENCE_MS,
    )
    return page.get_by_text(re.compile("Simulated and drawn in")).first.inner_text()


def verdict(page):
    return page.get_by_text(VERDICT).first.inner_text()


def button(page, name):
    return page.get_by_role("button", name=name, exact=True).first


def tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def test_the_notebook_runs_without_an_error_and_the_verdict_stands_on_top(page, screens):
    expect(page.get_by_text("Simulated and drawn in").first).to_be_visible(timeout=PATIENCE_MS)
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    expect(page.locator(CHART).first).to_be_visible()
    assert re.search(r"\$[\d.]+ a batch, \$[\d.]+ a month of 4 batches a day", verdict(page))
    place = page.get_by_text(VERDICT).first.bounding_box()
    assert place["y"] < page.locator(CHART).first.bounding_box()["y"]
    page.screenshot(path=screens / "explore.png")


def test_moving_the_slider_changes_the_chart(page, screens):
    before = source(page)
    handle = page.locator(".widget-slider", has_text="items in the batch").locator(".noUi-handle")
    handle.focus()
    page.keyboard.press("ArrowRight")
    told = redrawn(page, before)
    assert re.fullmatch(r"Simulated and drawn in [\d.]+ s, prices of us-east-1, [\d-]+\.", told)
    page.screenshot(path=screens / "explore-moved.png")


def test_a_preset_is_pinned_against_and_undone(page, screens):
    first, before = verdict(page), source(page)
    button(page, "pin").click()
    redrawn(page, before)
    before = source(page)
    button(page, "tuned").click()
    redrawn(page, before)
    expect(page.get_by_text(re.compile(r"\(-\d+ %\)")).first).to_be_visible(timeout=PATIENCE_MS)
    assert verdict(page) != first
    page.screenshot(path=screens / "explore-pinned.png")
    before = source(page)
    button(page, "undo").click()
    redrawn(page, before)
    expect(page.get_by_text(re.compile(r"\(-\d+ %\)"))).to_have_count(0)
    before = source(page)
    button(page, "unpin").click()
    redrawn(page, before)
    assert verdict(page) == first


def test_a_typed_value_that_cannot_work_says_why_and_greys_the_chart_out(page, screens):
    tab(page, "sqs")
    row = page.locator(".widget-hbox:visible", has_text="items_per_message").last
    row.locator("input").fill("10000")
    expect(page.get_by_text("Not possible:").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(CHART).first).to_have_class(re.compile("explore-older"))
    before = source(page)
    page.screenshot(path=screens / "explore-refused.png")
    row.locator("input").fill("20")
    redrawn(page, before)


def test_a_workload_in_percentiles_and_a_price_change_the_dollars(page, screens):
    for name, act in (
        ("workload", lambda: button(page, "p50 and p99").click()),
        ("prices", lambda: _to_the_end(page, "DynamoDB")),
    ):
        tab(page, name)
        before = source(page)
        act()
        redrawn(page, before)
        page.screenshot(path=screens / f"explore-{name}.png")


def _to_the_end(page, name):
    page.locator(".widget-slider", has_text=name).locator(".noUi-handle").focus()
    page.keyboard.press("End")


def test_the_scenario_is_shown_as_a_command(page, screens):
    tab(page, "keep")
    text = page.locator(".explore-text textarea").input_value()
    assert text.startswith(
        "# without the factors on prices, which no option has\nworkbench estimate"
    )
    assert "--set sqs.items_per_message=20" in text
    page.screenshot(path=screens / "explore-keep.png")


def test_stored_runs_are_picked_and_compared(page, screens):
    runs = page.locator(".widget-select-multiple select")
    runs.scroll_into_view_if_needed()
    assert runs.locator("option").count() == 13
    runs.select_option(index=[0, 6])
    expect(page.locator(CHART).nth(1)).to_have_js_property("complete", True)
    page.wait_for_function(
        f"document.querySelectorAll('{CHART}')[1].naturalWidth > 100", timeout=PATIENCE_MS
    )
    page.locator(CHART).nth(1).scroll_into_view_if_needed()
    page.screenshot(path=screens / "explore-picked.png")
