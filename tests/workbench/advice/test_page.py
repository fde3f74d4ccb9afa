"""An answer as a page: nothing is fetched, everything is said in text, no other file is lost."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from workbench.advice import page as pages
from workbench.advice.answer import advise
from workbench.advice.page import Page, advise_html, refuse_report
from workbench.advice.question import Question
from workbench.advice.words import told_parts
from workbench.errors import BadInput
from workbench.project import WORKLOADS

NAMES = re.compile(r"http://www\.w3\.org/[\w./-]+")  # that SVG declares; no browser goes there


@pytest.fixture(scope="module")
def page():
    """The page of a small question."""
    answer = advise(Question(400, deadline_s=900), processes=1)
    return Page(answer, told_parts(answer, [], Path("my <own>.yaml"), [], []), "my <own>.yaml")


def test_the_page_is_whole_without_a_network_and_for_every_reader(page, tmp_path):
    path = tmp_path / "answer.html"
    page.write(path)
    html = path.read_text()
    assert [one.name for one in tmp_path.iterdir()] == ["answer.html"]
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", NAMES.sub("", html)) == []
    assert [tag for tag in ("<script", "<img", "<link", "@import", "my <own>") if tag in html] == []
    assert html.count('role="img" aria-label="What does a month cost') == 1
    assert [html.count(one) for one in ("width=device-width", "@media print")] == [1, 1]
    assert "@media screen and (prefers-color-scheme: dark) { .advice" in html


def test_the_page_has_every_line_of_the_command_and_says_what_the_figures_are(page):
    text = unescape(re.sub(r"<[^>]+>", "\n", page.body()))
    for lines in page.parts.values():
        assert [line for line in lines if line.strip() not in text] == []
    for one in page.answer.choices:
        assert one.name in text
    date = page.answer.question.terms.book().date
    assert f"Modelled, prices of us-east-1, {date}; what was run on local" in text
    assert "<h2>By the clock</h2>" not in page.body()  # nothing was asked of it


def test_only_a_report_of_its_own_is_written_over(page, tmp_path):
    path = tmp_path / "answer.html"
    refuse_report(path)
    assert list(tmp_path.iterdir()) == []
    page.write(path)
    refuse_report(path)
    replace(page, workload="another.yaml").write(path)
    assert "Which design for another.yaml?" in path.read_text()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("answer.pdf", "the name must end with .html"),
        ("none/answer.html", "there is no folder"),
        ("folder.html", "cannot be written: Is a directory"),
        ("others.html", "is there, and is no such report"),
        ("others.html/answer.html", "there is no folder"),
    ],
)
def test_what_cannot_be_a_report_is_refused_in_one_line_and_stays(tmp_path, name, why):
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "others.html").write_text("<p>mine")
    with pytest.raises(BadInput, match=re.escape(why)) as refused:
        refuse_report(tmp_path / name)
    assert "\n" not in str(refused.value)
    assert (tmp_path / "others.html").read_text() == "<p>mine"


def test_a_folder_that_takes_no_file_is_refused_in_one_line(tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pages, "temporary", full)
    with pytest.raises(BadInput, match="cannot be written: No space left on device"):
        refuse_report(tmp_path / "answer.html")


def test_a_notebook_shows_the_body_of_the_page(page, monkeypatch):
    asked = []
    monkeypatch.setattr(pages, "advise", lambda question: asked.append(question) or page.answer)
    monkeypatch.setattr(pages, "told_parts", lambda *_: page.parts)
    told = advise_html("web_calls.yaml", items=70).text
    assert told == replace(page, workload="web_calls.yaml").body()
    assert (asked[0].items, asked[0].promise) == (70, "no_two_owners")
    assert advise_html(WORKLOADS / "web_calls.yaml").text == told
    assert "No workload is named." in advise_html("").text
    with pytest.raises(BadInput, match=re.escape("nor one of image_thumbnails.yaml")):
        advise_html("moon.yaml")
