"""The report in a real browser: it opens without a network, in light and dark, on a phone."""

import pytest

from analysis.report import render
from workbench.notebooks import execute

pytestmark = pytest.mark.browser
SHAPES = {"desktop": (1200, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def report(place):
    """The report of the runs."""
    return render(place / "results", execute)


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_opens_offline_and_shows_every_chart(browser, report, screens, look, shape):
    width, height = SHAPES[shape]
    context = browser.new_context(
        color_scheme=look, viewport={"width": width, "height": height}, offline=True
    )
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(report.as_uri())
    images = page.locator("picture img")
    assert images.count() >= 5
    sizes = images.evaluate_all("images => images.map(i => [i.naturalWidth, i.clientWidth])")
    assert all(natural > 100 and 0 < shown <= width for natural, shown in sizes)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []
    page.screenshot(path=screens / f"report-{shape}-{look}.png")
    images.first.scroll_into_view_if_needed()
    page.screenshot(path=screens / f"report-{shape}-{look}-chart.png")
    context.close()


def test_it_opens_with_a_number_and_five_findings_that_lead_to_their_charts(browser, report):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(report.as_uri())
    assert page.locator(".lead strong").inner_text().endswith("times")
    assert page.locator(".findings li").count() == 5
    lost = page.evaluate(
        """[...document.querySelectorAll('a[href^="#"]')]
             .filter((one) => !document.getElementById(one.hash.slice(1))).map((one) => one.hash)"""
    )
    assert lost == []
    page.close()


def test_in_print_no_heading_is_parted_from_its_chart(browser, report, screens):
    page = browser.new_page(viewport={"width": 680, "height": 1000})
    page.emulate_media(media="print")
    page.goto(report.as_uri())
    held = page.evaluate(
        """({
             sections: [...document.querySelectorAll('section:has(> picture)')].map((one) =>
               [getComputedStyle(one).breakInside, one.offsetHeight]),
             heads: [...document.querySelectorAll('h2, h3, .text_cell')].map((one) =>
               getComputedStyle(one).breakAfter),
           })"""
    )
    assert {how for how, _ in held["sections"]} == {"avoid"}
    assert max(height for _, height in held["sections"]) < 1009  # of A4 within its margins, px
    assert set(held["heads"]) == {"avoid"}
    page.screenshot(path=screens / "report-print.png", full_page=True)
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
