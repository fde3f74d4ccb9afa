"""The report in a real browser: it opens without a network, in light and dark, on a phone."""

import pytest

from analysis.report import render
from workbench.notebooks import execute

pytestmark = pytest.mark.browser
SHAPES = {"desktop": (1200, 900), "phone": (375, 812)}


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
