"""The site is made of the documents as they are, and a wrong link or a foreign script is found."""

import re
from importlib import import_module

import pytest
import yaml

from workbench.project import ROOT

site = import_module("docs.site.__main__")
PAGE = '<html><body id="top">{}</body></html>'


@pytest.fixture
def built(tmp_path):
    """A small site; a function that gives its problems, with this in its first page."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "other.html").write_text(PAGE.format('<h2 id="there">There</h2>'))
    (tmp_path / "style.css").write_text("p { color: red }")

    def problems(body):
        (tmp_path / "index.html").write_text(PAGE.format(body))
        return list(site.problems(tmp_path))

    return problems


@pytest.mark.parametrize(
    "body",
    [
        '<a href="docs/other.html#there">there</a>',
        '<a href="#top">up</a>',
        '<a href="/docs/other.html">from the top</a>',
        '<a href="https://example.com/">elsewhere, if one goes there</a>',
        '<img src="data:image/png;base64,AA==">',
        '<link rel="stylesheet" href="style.css">',
    ],
)
def test_what_leads_somewhere_and_loads_nothing_from_elsewhere_is_no_problem(built, body):
    assert built(body) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<a href="docs/gone.html">', "docs/gone.html leads nowhere"),
        ('<a href="docs/">a folder</a>', "docs/ leads nowhere"),
        ('<a href="docs/other.html#gone">', "docs/other.html#gone leads to no place of that page"),
        ('<a href="#gone">', "#gone leads to no place of that page"),
        ('<img src="gone.png">', "gone.png leads nowhere"),
        ('<script src="https://cdn.example.com/a.js"></script>', "loads https://cdn.example.com"),
        ('<link rel="stylesheet" href="//fonts.example.com/f">', "loads //fonts.example.com/f"),
    ],
)
def test_what_leads_nowhere_or_comes_from_elsewhere_is_told(built, body, told):
    [problem] = built(body)
    assert problem.startswith("index.html")
    assert told in problem


def test_a_style_that_loads_from_elsewhere_is_told(built, tmp_path):
    (tmp_path / "style.css").write_text("@import 'https://fonts.example.com/all.css';")
    assert built("") == ["style.css loads https://fonts.example.com/all.css"]


def test_every_document_is_staged_with_what_it_links_to_and_has_its_place_in_the_menu(tmp_path):
    site.stage(ROOT, tmp_path)
    pages = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md")}
    for page in pages - {"docs/published.md"}:
        assert (tmp_path / page).read_bytes() == (ROOT / page).read_bytes()
        for link in site.linked(tmp_path / page):
            assert ((tmp_path / page).parent / link).exists(), f"{page}: {link}"
    text = (ROOT / "docs" / "site" / "mkdocs.yml").read_text()
    assert set(re.findall(r"\S+\.md", text)) == pages
    assert yaml.safe_load(text)["theme"]["font"] is False


def test_what_is_published_is_linked_and_else_it_is_said_how(tmp_path):
    project = tmp_path / "project"
    (project / "docs").mkdir(parents=True)
    for page in ("README.md", "docs/one.md"):
        (project / page).write_text("# Here\n")
    site.stage(project, tmp_path / "without")
    assert "`make publish`" in (tmp_path / "without" / "docs" / "published.md").read_text()
    published = project / "results" / "published"
    published.mkdir(parents=True)
    for name in ("report.html", "film.mp4", "manifest.json"):
        (published / name).write_text(name)
    site.stage(project, tmp_path / "with")
    told = (tmp_path / "with" / "docs" / "published.md").read_text()
    assert re.findall(r"\]\((.*?)\)", told) == [
        "../results/published/film.mp4",
        "../results/published/report.html",
    ]
    assert (
        tmp_path / "with" / "results" / "published" / "report.html"
    ).read_text() == "report.html"


def test_the_reference_names_every_function_of_the_python_api():
    import workbench

    named = re.findall(r"^::: (\S+)$", (ROOT / "docs" / "site" / "reference.md").read_text(), re.M)
    for name, home in workbench.HOMES.items():
        assert f"workbench.api.{home}.{name}" in named
    for one in named:
        module, _, name = one.rpartition(".")
        assert hasattr(import_module(module), name), one
