"""The side tables of a study: which limit binds, what each change saves, how predictions came out.

results/tables/limits.csv  savings.csv  predictions.csv  simplicity.csv  agreement.csv
"""

import json
from pathlib import Path

import pandas as pd

from analysis.frames import COLUMNS, write_side_table
from analysis.simplicity import simplicity
from workbench.agreement.replay import agreement, as_markdown
from workbench.designs import COMPARED, make_design
from workbench.runs.batch import Batch
from workbench.runs.predictions import check_predictions
from workbench.targets.local.world.synth import ROOT, assembly
from workbench.targets.model.target import ModelTarget
from workbench.tuning.gains import savings

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
SEEDS = (1, 2, 3)


def write_side_tables(results: Path, into: Path | None = None) -> list[Path]:
    """Write the side tables of these runs, but for `agreement`, into the same or another folder."""
    tables = {
        "limits": limits_table(),
        "savings": savings(),
        "predictions": check_predictions(results),
        "simplicity": simplicity_table(),
    }
    return [write_side_table(into or results, name, frame) for name, frame in tables.items()]


def write_agreement(results: Path, published: Path, cluster: str = "") -> list[Path]:
    """Replay published measurements; write the table, and a page of it that people read."""
    found = agreement(cluster=cluster)
    page = published / "agreement.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(as_markdown(found) + "\n", encoding="utf-8")
    return [write_side_table(results, "agreement", found), page]


def simplicity_table(designs: tuple[str, ...] = COMPARED) -> pd.DataFrame:
    """What each design is made of, counted in its synthesised template and its sources."""
    templates = {}
    for name in designs:
        design = make_design(name)
        path = assembly(design) / f"{design.stack}.template.json"
        templates[name] = json.loads(path.read_text(encoding="utf-8"))
    return simplicity(templates, ROOT / "lambdas")


def limits_table(
    sizes: tuple[int, ...] = SIZES, seeds: tuple[int, ...] = SEEDS, preset: str = "default"
) -> pd.DataFrame:
    """Seconds that each limit held a batch back, by design and size: the mean over the seeds."""
    rows = []
    target = ModelTarget()
    for name in COMPARED:
        design = make_design(name, preset)
        for items in sizes:
            for seed in seeds:
                held = target.outcome(design, Batch(items, seed, "limits")).held_s
                rows += [(name, items, limit, held_s) for limit, held_s in held.items()]
    frame = pd.DataFrame(rows, columns=COLUMNS["limits"])
    sums = frame.groupby(["design", "items", "limit"], sort=True)["held_s"].sum() / len(seeds)
    return sums.reset_index()[COLUMNS["limits"]]
