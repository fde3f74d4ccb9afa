"""Runs of many settings at one size: which of them none other beats."""

import pandas as pd

from analysis.measures import TARGETS
from analysis.needs import Chosen, NothingToShow, usable, usual_length
from workbench.bill.pricing import MILLION


def one_size(runs: pd.DataFrame) -> Chosen:
    """The runs at the size and target that have most settings; of equals, nearest a million."""
    chosen = usual_length(usable(runs, in_dollars=True))
    runs = chosen.runs
    counts = runs.groupby(["target", "items"])["setting"].nunique().reset_index()
    far = (counts["items"] / MILLION).map(lambda share: max(share, 1 / share))
    designs = runs.groupby(["target", "items"])["design"].nunique().to_numpy()
    rank = counts["target"].map(TARGETS.index)
    order = counts.assign(designs=designs, far=far, rank=rank).sort_values(
        ["designs", "setting", "far", "rank"], ascending=[False, False, True, True]
    )
    best = order.iloc[0]
    return chosen.only(runs[(runs["target"] == best["target"]) & (runs["items"] == best["items"])])


def by_setting(chosen: Chosen, x: str, y: str) -> pd.DataFrame:
    """One row a design and setting: the medians of two columns, and whether it is on the front."""
    known = chosen.runs[chosen.runs[x].notna() & chosen.runs[y].notna()]
    if known.empty:
        raise NothingToShow(f"no run knows both its {x} and its {y}. Run `make study`.")
    dots = known.groupby(["design", "setting"], sort=True)[[x, y]].median().reset_index()
    fronts = [front(own, x, y) for _, own in dots.groupby("design", sort=False)]
    return pd.concat(fronts).sort_values(["design", x], ignore_index=True)


def front(dots: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """The dots with `best`: no other dot is as good in both and better in one."""
    ordered = dots.sort_values([x, y], kind="stable")
    before = ordered[y].astype(float).cummin().shift(fill_value=float("inf"))
    return ordered.assign(best=ordered[y] < before)
