"""The main job: the benchmark notebook for every design at several sizes, then the comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from workbench import notebooks
from workbench.designs import COMPARED
from workbench.errors import BadRecord
from workbench.platform.services import HOME_REGION
from workbench.prices import load_book
from workbench.runs.records import run_folders
from workbench.runs.results_folder import no_empty_folders, published, refuse_unwritable
from workbench.runs.runner import RunRequest, new_run_id
from workbench.runs.sets import runs_frame
from workbench.targets import FIGURES
from workbench.temporary import temporary_folder


@dataclass(frozen=True)
class Plan:
    """Which designs, with which knobs set, at which sizes on which target."""

    designs: tuple[str, ...] = COMPARED
    items: tuple[int, ...] = (100, 1_000, 10_000)
    target: str = "local"
    seed: int = 7
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by design
    region: str = HOME_REGION  # whose prices; on aws where it runs

    def requests(self) -> list[RunRequest]:
        """One request a run, refused here if it cannot work, or its region has no prices."""
        load_book(self.region)
        requests = [
            RunRequest(
                design,
                self.target,
                items,
                self.seed,
                settings=dict(self.settings.get(design, {})),
                region=self.region,
            )
            for items in self.items
            for design in self.designs
        ]
        for request in requests:
            request.make_design()
        return requests


def run_notebook(request: RunRequest, results: Path) -> Path:
    """Execute the benchmark notebook for a request; the run folder keeps the executed notebook."""
    parameters = {
        "design": request.design,
        "target": request.target,
        "items": request.items,
        "seed": request.seed,
        "preset": request.preset,
        "settings": request.settings,
        "region": request.region,
        "results": str(results.resolve()),
        "run_id": new_run_id(request),
    }
    refuse_unwritable(results)
    with no_empty_folders(results):
        return _run_notebook(parameters, results)


def _run_notebook(parameters: dict[str, Any], results: Path) -> Path:
    """Execute it on the results' own disk, so that a rename is whole; hidden from listings."""
    path = results / "runs" / parameters["run_id"]
    with temporary_folder(path.parent) as folder:
        executed = folder / "benchmark.ipynb"
        notebooks.execute("benchmark", parameters, executed)
        if path not in run_folders(results):
            raise BadRecord(f"the notebook ended without a run folder at {path}")
        notebooks.keep(executed, path)
    return path


def comparison(results: Path, paths: list[Path]) -> pd.DataFrame:
    """One row a run of these: times, lag, dollars, and dollars for a million items."""
    runs = runs_frame(results)
    runs = runs[runs["run_id"].isin([path.name for path in paths])]
    million = 1e6 / runs["items"]
    return pd.DataFrame(
        {
            "design": runs["design"],
            "target": runs["target"],
            "items": runs["items"],
            "processed_s": runs["processed_s"],
            "detected_s": runs["detected_s"],
            "lag_s": runs["detection_lag_s"],
            "cost_usd": runs["cost_usd"],
            "usd_per_million": runs["cost_usd"] * million,
            "coordination_usd_per_million": runs["coordination_usd"] * million,
        }
    ).sort_values(["items", "design"], ignore_index=True)


def comparison_table(frame: pd.DataFrame, terms: str = "") -> Table:
    """The comparison as a terminal shows it, with what differs from list prices."""
    whose = dict.fromkeys(FIGURES[target] for target in frame["target"])
    spent = "" if "aws" in set(frame["target"]) else ", $0 spent"
    table = Table(title=f"The designs, the same items; dollars {' and '.join(whose)}{terms}{spent}")
    heads = {
        "design": "design",
        "target": "target",
        "items": "items",
        "processed_s": "all done, s",
        "detected_s": "known, s",
        "lag_s": "lag, s",
        "cost_usd": "cost, $",
        "usd_per_million": "$ / million",
        "coordination_usd_per_million": "of it coordination",
    }
    for name, head in heads.items():
        table.add_column(head, justify="left" if name in ("design", "target") else "right")
    formats = {"items": "{:,.0f}", "cost_usd": "{:.6f}"}
    for row in frame[list(heads)].itertuples(index=False):
        cells = row._asdict().items()
        table.add_row(
            *(v if isinstance(v, str) else formats.get(k, "{:,.2f}").format(v) for k, v in cells)
        )
    return table


def draw(results: Path) -> list[Path]:
    """Draw the comparison of the runs where they are published, as publishing them would."""
    from analysis import gallery, theme
    from analysis.frames import Frames

    frames, drawn = Frames(results), []
    for name in ("completion_time", "cost_by_service"):
        chart = gallery.named(name)
        stem = published(results) / name
        drawn += chart.save(chart.select(frames), stem, theme.LIGHT, theme.BLOG, "svg", "png")
    return drawn
