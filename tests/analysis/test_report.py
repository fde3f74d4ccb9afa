"""The report opens without a network."""

import base64
import re
import shutil
from html import escape
from pathlib import Path

import nbformat
import pytest

from analysis import gallery
from analysis.pictures import answers, bill, picture
from analysis.report import COVER, TITLE, author, page, render
from workbench.notebooks import execute

ROOT = Path(__file__).resolve().parents[2]
DATA = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
# Names that SVG and what it says of itself declare; no browser goes there.
NAMES = re.compile(r"http://(?:www\.w3\.org|purl\.org|creativecommons\.org)/[\w./#-]+")


def addresses(html):
    """What a browser could be sent to: addresses outside of the names that SVG declares."""
    inside = [base64.b64decode(data).decode() for data in DATA.findall(html)]
    text = "".join([DATA.sub("", html), *(NAMES.sub("", svg) for svg in inside)])
    return re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text)


@pytest.fixture
def executed(frames, tmp_path):
    """A notebook as papermill leaves it: code, a chart, a table, the answers."""
    cells = [nbformat.v4.new_markdown_cell("# The question\n\nSome words.\n\n## A part")]
    for shown in (picture(frames, "how_simple"), bill(frames), answers(frames)):
        output = nbformat.v4.new_output("display_data", {"text/html": shown._repr_html_()})
        printed = nbformat.v4.new_output("stream", text="results: /a/secret/folder")
        cells.append(nbformat.v4.new_code_cell("secret_code()", outputs=[printed, output]))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "executed.ipynb")
    return tmp_path / "executed.ipynb"


def test_the_page_names_no_address_and_has_no_script(executed, frames, tmp_path):
    html = page(executed, frames, tmp_path)
    assert addresses(html) == []
    assert "<script" not in html
    assert "@import" not in html


def test_the_page_has_the_words_and_outputs_but_no_code_and_no_folder(executed, frames, tmp_path):
    html = page(executed, frames, tmp_path)
    assert "Some words." in html
    assert "secret" not in html
    assert len(DATA.findall(html)) == 2  # light and dark
    assert "How much is there to build" in html
    assert 'id="bill"' in html


def test_it_says_who_made_it_of_which_runs_and_leads_to_each_part(executed, frames, tmp_path):
    html = page(executed, frames, tmp_path)
    days = sorted(started[:10] for started in frames.runs["started_at"])
    assert f'{author()}, from {len(frames.runs):,} runs of <time datetime="{days[0]}">' in html
    links = re.findall(r'<a href="#([^"]+)">', html)
    assert links == ["a-part", "how_simple", "files"]
    assert {re.search(rf'id="{one}"', html) is None for one in links} == {False}
    assert f'<meta name="description" content="{escape(TITLE)}' in html
    assert f'<meta name="date" content="{days[-1]}">' in html
    assert page(executed, frames, tmp_path) == html


def test_it_links_the_files_that_lie_beside_it_and_no_other(executed, frames, tmp_path):
    assert "og:image" not in page(executed, frames, tmp_path)
    (tmp_path / "cards").mkdir()
    for name in (COVER, "how_simple-dark.svg", "calculator.html"):
        (tmp_path / name).touch()
    html = page(executed, frames, tmp_path)
    assert f'<meta property="og:image" content="{COVER}">' in html
    linked = [one for one in re.findall(r'href="([^"#]+)"', html) if not one.startswith("..")]
    assert linked == ["how_simple-dark.svg", "calculator.html"]
    data = [tmp_path / one for one in re.findall(r'href="(\.\.[^"]+)"', html)]
    assert data
    assert [one for one in data if not one.exists()] == []


def test_a_chart_that_cannot_be_is_shown_as_its_reason(frames, folder, stored):
    from analysis.frames import Frames

    alone = Frames(stored(folder("sqs", "model", 100)))
    shown = picture(alone, "who_wins")._repr_html_()
    assert "No chart: only runs of sqs are there" in shown
    assert "<img" not in shown
    assert "No bill" not in bill(alone)._repr_html_()


def test_the_report_has_every_chart_of_the_gallery():
    notebook = nbformat.read(ROOT / "notebooks" / "compare.ipynb", as_version=4)
    drawn = "".join(cell.source for cell in notebook.cells if "pictures(" in cell.source)
    assert sorted(re.findall(r'"(\w+)"', drawn)) == sorted(gallery.NAMES)


@pytest.mark.slow
def test_the_notebook_renders_on_a_study(results, tmp_path):
    own = shutil.copytree(results, tmp_path / "results")
    path = render(own, execute)
    html = path.read_text()
    assert addresses(html) == []
    assert "No chart" not in html
    assert "Not shown" not in html
    assert [p.name for p in path.parent.glob(".tmp*")] == []
