"""Every notebook in a real JupyterLab: all cells run, and the text reads as it was written."""

import re

import nbformat
import pytest
from playwright.sync_api import expect

from analysis.frames import Frames
from analysis.gallery import NAMES, sentence

pytestmark = pytest.mark.browser
PATIENCE_MS = 240_000  # the handlers are packed and the model compiled first
NOTEBOOKS = ("benchmark", "compare", "explore", "pandas", "reconcile")
OUTPUT = ".jp-OutputArea-output"


@pytest.fixture(scope="module")
def opened(browser, lab, place):
    """A function that gives a notebook's page with every cell run; it stays open."""
    pages = {}

    def run(name):
        if name not in pages:
            pages[name] = _run(browser.new_page(viewport={"width": 1300, "height": 1600}), name)
        return pages[name]

    def _run(page, name):
        path = place / "notebooks" / f"{name}.ipynb"
        cells = nbformat.read(path, as_version=4).cells
        code = sum(cell.cell_type == "code" for cell in cells)
        page.goto(f"{lab}/notebooks/{name}.ipynb?reset")
        expect(page.get_by_text(re.compile(r"Python.*\| Idle"))).to_be_visible(timeout=PATIENCE_MS)
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        done = page.locator(".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"\[\d+\]:"))
        expect(done).to_have_count(code, timeout=PATIENCE_MS)
        expect(page.get_by_text(re.compile(r"Python.*\| Idle"))).to_be_visible(timeout=PATIENCE_MS)
        return page

    yield run
    for page in pages.values():
        page.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_runs_without_an_error_and_dollars_are_dollars(opened, screens, name):
    page = opened(name)
    assert page.locator("mjx-container, .MathJax").count() == 0
    text = "\n".join(page.locator(OUTPUT).all_inner_texts())
    assert "Traceback" not in text
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert "$" in text
    assert "results: /" in text
    for look in ("light", "dark"):
        page.emulate_media(color_scheme=look)
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            f"JupyterLab {look.title()}",
        )
        light = f'body[data-jp-theme-light="{"true" if look == "light" else "false"}"]'
        page.wait_for_selector(light, state="attached")
        for part, cell in enumerate(page.locator(".jp-CodeCell").all()):
            cell.screenshot(path=screens / f"{name}-{look}-{part}.png")


def test_the_answers_of_the_comparison_are_read_as_they_were_made(opened, place):
    frames = Frames(place / "results")
    shown = opened("compare").locator(f"{OUTPUT} ul li").all_inner_texts()
    assert shown == [sentence(name, frames) for name in NAMES]
    assert sum(text.count("$") for text in shown) > 2


def test_a_benchmark_says_first_what_it_cost_and_that_nothing_was_spent(opened):
    verdict = opened("benchmark").locator(OUTPUT).filter(has_text="for a million items").first
    assert re.match(
        r"sqs on local, simulated: 100 of 100 items processed, the last after [\d.]+ \w+, known "
        r"[\d.]+ \w+ later\.\s+\$[\d.]+ simulated, \$0 spent; "
        r"that is \$[\d.]+ for a million items, "
        r"\$[\d.]+ of it for coordination \(knowing alone \$[\d.]+\)\.",
        verdict.inner_text().strip(),
    )
