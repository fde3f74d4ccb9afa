"""Everything that is published: charts for the blog, phones, cards and video, the bill, the film.

    results/published/<chart>-light.svg  .png   -dark.svg  .png     for the blog
    results/published/phone/<chart>-light.png   -dark.png           for screens 390 pixels wide
    results/published/cards/<chart>-light.png                       1200 x 630, the story's five
    results/published/video/<chart>-dark.png                        1920 x 1080, the story's five
    results/published/bill.html                 the bill as a table
    results/published/film.mp4  film-tall.mp4  film.gif     one batch on every design as dots
    results/published/calculator.html           a page to play with, where its table is given
    results/published/manifest.json             what each shows, its runs, and what was refused

Of a packed set they go beside it, and of the reference set only the light PNG charts are kept. The
same runs give the same bytes. A chart that the runs cannot carry is named in the manifest with the
reason, and an older picture of it is taken away. Charts are drawn on all cores.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from analysis import gallery, theme
from analysis.calculator import QUESTION
from analysis.charts.bill_table import TABLE_ID, bill_table, select
from analysis.film.making import film
from analysis.film.scene import QUESTION as FILM_QUESTION
from analysis.frames import Frames, which_runs
from analysis.needs import NothingToShow, no_runs
from workbench.engine.parallel import in_order
from workbench.runs.results_folder import published

MANIFEST = "manifest.json"
# Folder, theme, canvas, formats, and the charts that are drawn so.
VARIANTS = (
    ("", theme.LIGHT, theme.BLOG, ("svg", "png"), gallery.NAMES),
    ("", theme.DARK, theme.BLOG, ("svg", "png"), gallery.NAMES),
    ("phone", theme.LIGHT, theme.PHONE, ("png",), gallery.NAMES),
    ("phone", theme.DARK, theme.PHONE, ("png",), gallery.NAMES),
    ("cards", theme.LIGHT, theme.CARD, ("png",), gallery.STORY),
    ("video", theme.DARK, theme.STILL, ("png",), gallery.STORY),
)
BILL_PAGE = (
    '<!doctype html>\n<meta charset="utf-8"><meta name="color-scheme" content="light dark">\n'
    "<title>The bill</title>\n<style>body{{font-family:sans-serif;max-width:60em;margin:auto}}"
    "</style>\n{table}\n"
)


def publish(
    results: Path,
    video: bool = True,
    kept_in: Path | None = None,
    processes: int | None = None,
    calculator: AbstractContextManager[Callable[[Path], Path]] | None = None,
) -> list[Path]:
    """Draw everything that a set of runs can carry; give the files written.

    With `kept_in` only what the project keeps, light PNG charts and the bill, is drawn into it.
    `calculator` gives what writes that page into a folder: model runs of its own stand behind it,
    which go on while the charts are drawn.
    Raises NothingToShow if there is no run at all.
    """
    frames, folder = Frames(results), kept_in or published(results)
    if frames.runs.empty:
        raise NothingToShow(no_runs(results))
    figures: dict[str, Any] = {}
    refused: dict[str, str] = {}
    tasks = [(chart.name, results, folder, bool(kept_in)) for chart in gallery.CHARTS]
    with calculator or nullcontext() as write_page:
        for (name, *_), drawn in zip(tasks, in_order(_chart, tasks, processes), strict=True):
            (figures if isinstance(drawn, dict) else refused)[name] = drawn
        _keep("bill", partial(_bill, frames, folder), figures, refused)
        if video:
            _keep("film", partial(_film, frames, folder), figures, refused)
        if write_page:
            figures["calculator"] = _calculator(write_page(folder))
    written = [folder / name for entry in figures.values() for name in entry["files"]]
    content = {"set": which_runs(frames), "figures": figures, "refused": refused}
    made = {"film": video, "calculator": calculator is not None}
    return [*written, _manifest(folder, content, {name for name, own in made.items() if not own})]


def _keep(name: str, make: Any, figures: dict[str, Any], refused: dict[str, str]) -> None:
    """Make one figure; note its files and runs, or why it cannot be."""
    try:
        figures[name] = make()
    except NothingToShow as reason:
        refused[name] = str(reason)


def _chart(name: str, results: Path, folder: Path, only_light: bool) -> dict[str, Any] | str:
    """A chart in every variant, or the light PNG alone; or why it cannot be."""
    chart = gallery.named(name)
    try:
        chosen = chart.select(Frames(results))
    except NothingToShow as reason:
        return str(reason)
    variants = VARIANTS[:1] if only_light else VARIANTS
    files = [
        path
        for where, look, canvas, formats, whose in variants
        if name in whose
        for path in chart.save(
            chosen, folder / where / name, look, canvas, *(formats[-1:] if only_light else formats)
        )
    ]
    names = [str(path.relative_to(folder)) for path in files]
    said = {"question": chart.question, "finding": chart.find(chosen), "answer": chart.say(chosen)}
    return said | {"files": names, "runs": chosen.run_ids}


def _bill(frames: Frames, folder: Path) -> dict[str, Any]:
    """The bill as a page of its own."""
    chosen = select(frames)
    table = bill_table(chosen).as_raw_html()
    path = folder / f"{TABLE_ID}.html"
    path.write_text(BILL_PAGE.format(table=table), encoding="utf-8")
    return {"question": "What is on the bill?", "files": [path.name], "runs": chosen.run_ids}


def _film(frames: Frames, folder: Path) -> dict[str, Any]:
    """The film."""
    files = [path.name for path in film(frames, folder)]
    return {"question": FILM_QUESTION, "files": files, "runs": sorted(frames.batch["run_id"])}


def _calculator(path: Path) -> dict[str, Any]:
    """The page to play with, which no run of the set stands behind."""
    return {"question": QUESTION, "files": [path.name], "runs": []}


def _manifest(folder: Path, content: dict[str, Any], unasked: set[str]) -> Path:
    """Write what stands behind each figure; take away pictures that are no longer made, but for
    those of figures that nobody asked for now."""
    path = folder / MANIFEST
    kept = {name for entry in content["figures"].values() for name in entry["files"]}
    for name in _told(path, unasked) - kept:
        (folder / name).unlink(missing_ok=True)
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _told(path: Path, unasked: set[str]) -> set[str]:
    """The files that the manifest before this one named, but for those of these figures."""
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
        by_chart = {name: entry["files"] for name, entry in figures.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
    told = [names for chart, names in by_chart.items() if chart not in unasked]
    return {name for names in told for name in names if _is_within(path.parent, name)}


def _is_within(folder: Path, name: Any) -> bool:
    """Whether a name that a file says leads to something below a folder."""
    return isinstance(name, str) and (folder / name).resolve().is_relative_to(folder.resolve())
