"""The report: `notebooks/compare.ipynb` executed on the runs, as one page that opens offline.

Only the notebook's words and displayed outputs go into the page, under who made it of which days'
runs, with its contents, and links to the files that lie beside it. It has no script and names no
address: charts lie in it as data.
"""

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import nbformat
from nbconvert import HTMLExporter

from analysis.calculator import FILE as CALCULATOR
from analysis.calculator import PAGES
from analysis.frames import Frames
from analysis.gallery import CHARTS
from analysis.html_page import whole_page
from analysis.needs import NothingToShow
from analysis.opening import END, lead
from workbench.project import ROOT
from workbench.runs.results_folder import published
from workbench.temporary import temporary_folder, written_whole

Execute = Callable[[str, dict[str, Any], Path], None]  # workbench.notebooks.execute

TITLE = "What does it cost to know that a batch is done?"
COVER = "cards/who_wins-light.png"  # 1200 x 630
H2 = re.compile(r"<h2[^>]*>(.*?)</h2>", re.S)
HEADS = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>|<section id="([^"]+)"><h3>(.*?)</h3>', re.S)
LOOKS = [(look, kind) for look in ("light", "dark") for kind in ("svg", "png")]


def render(results: Path, execute: Execute) -> Path:
    """Execute the notebook on a set of runs and write `report.html` where its charts go."""
    path = published(results) / "report.html"
    with temporary_folder(Path(gettempdir()), "workbench-report-") as folder:
        executed = folder / "compare.ipynb"
        execute("compare", {"results": str(results.resolve())}, executed)
        text = page(executed, Frames(results), path.parent)
    with written_whole(path) as written:
        written.write_text(text, encoding="utf-8")
    return path


def page(executed: Path, frames: Frames, folder: Path) -> str:
    """An executed notebook as a page without code, scripts or addresses; `folder` is its place."""
    body = _body(executed) + _files(frames, folder)
    body = body.replace("</h1>", f"</h1>{_byline(frames)}", 1)
    head, found, rest = body.partition(END if END in body else "</h1>")
    body = f"{head}{found}{_contents(body)}{rest}"
    style = (PAGES / "report.css").read_text(encoding="utf-8")
    return whole_page(TITLE, body, style, _meta(frames, folder))


def author() -> str:
    """Who made the report: the project's authors, or the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [one["name"] for one in project.get("authors", []) if "name" in one]
    return ", ".join(names) or project["name"]


def _body(executed: Path) -> str:
    """The notebook's words and displayed outputs."""
    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        require_js_url="",
        mathjax_url="",
        mermaid_js_url="",
    )
    notebook = nbformat.read(executed, as_version=4)
    for cell in notebook.cells:  # printed lines name folders of the machine that made the page
        kept = [one for one in cell.get("outputs", []) if one.output_type != "stream"]
        cell.update({"outputs": kept} if cell.cell_type == "code" else {})
    body, _ = exporter.from_notebook_node(notebook)
    return H2.sub(_anchored, body)


def _anchored(heading: re.Match) -> str:
    """A heading that can be linked."""
    name = re.sub(r"[^a-z0-9]+", "-", heading[1].lower()).strip("-")
    return f'<h2 id="{name}">{heading[1]}</h2>'


def _days(frames: Frames) -> list[str]:
    """The first and the last day of the runs; none without runs."""
    if frames.runs.empty:
        return []
    days = sorted({started[:10] for started in frames.runs["started_at"]})
    return list(dict.fromkeys((days[0], days[-1])))


def _byline(frames: Frames) -> str:
    """Who made it, and of which days' runs."""
    days = " to ".join(f'<time datetime="{day}">{day}</time>' for day in _days(frames))
    runs = f", from {len(frames.runs):,} runs of {days}" if days else ""
    return f'<p class="byline">{escape(author())}{runs}</p>'


def _meta(frames: Frames, folder: Path) -> str:
    """What search engines and previews read."""
    try:
        said = f"{TITLE} {lead(frames).plain}"
    except NothingToShow:
        said = TITLE
    facts = {"description": said, "author": author()}
    if days := _days(frames):
        facts["date"] = days[-1]
    shown = {"og:title": TITLE, "og:description": said, "og:type": "article"}
    if (folder / COVER).is_file():
        shown |= {"og:image": COVER}
    lines = [f'<meta name="{name}" content="{escape(own)}">' for name, own in facts.items()]
    lines += [f'<meta property="{name}" content="{escape(own)}">' for name, own in shown.items()]
    return "\n".join(lines)


def _contents(body: str) -> str:
    """Links to every heading, the charts below their parts."""
    parts: list[tuple[str, list[str]]] = []
    for heading, text, chart, question in HEADS.findall(body):
        if heading:
            parts.append((f'<a href="#{heading}">{text}</a>', []))
        elif parts:
            parts[-1][1].append(f'<li><a href="#{chart}">{question}</a></li>')
    items = (f"<li>{own}{_listed(charts)}</li>" for own, charts in parts)
    return f'<nav aria-label="Contents"><ul>{"".join(items)}</ul></nav>'


def _files(frames: Frames, folder: Path) -> str:
    """Links to what lies beside the page: charts, data, other pages; nothing where none does."""
    rows = [*_charts(folder), *_data(frames.results, folder)]
    if not rows:
        return ""
    return f'<h2 id="files">Files and data</h2><div class="files">{_listed(rows)}</div>'


def _charts(folder: Path) -> Iterator[str]:
    for chart in CHARTS:
        names = {f"{look} {kind}": f"{chart.name}-{look}.{kind}" for look, kind in LOOKS}
        links = [_link(name, text) for text, name in names.items() if (folder / name).is_file()]
        if links:
            yield f"<li>{escape(chart.question)}: {', '.join(links)}</li>"


def _data(results: Path, folder: Path) -> Iterator[str]:
    pages = {
        CALCULATOR: "the calculator: which design for your batch",
        "bill.html": "the bill",
        "manifest.json": "the runs behind each chart",
    }
    for name, text in pages.items():
        if (folder / name).is_file():
            yield f"<li>{_link(name, text)}</li>"
    tables = [*sorted(results.glob("*.parquet")), *sorted((results / "tables").glob("*.csv"))]
    tables += [results / "runs"] * (results / "runs").is_dir()
    links = [_link(Path(os.path.relpath(one, folder)).as_posix(), one.name) for one in tables]
    if links:
        yield f"<li>data: {', '.join(links)}</li>"


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def _listed(items: list[str]) -> str:
    return f"<ul>{''.join(items)}</ul>" if items else ""
