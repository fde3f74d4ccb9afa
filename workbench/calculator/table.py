"""The calculator's table: a curve for every setting, made once for one state of the code.

It holds usage and seconds and no dollars: whoever has it prices it. It
is kept as `results/.calculator.json` under a key of the sources, the profile among them, and of the
versions that shape a run.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from hashlib import blake2b
from itertools import chain
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np

from workbench.calculator.curve import (
    CLOSEST,
    Curve,
    Rates,
    far_in_time,
    far_in_usage,
    sampled,
    thinned,
)
from workbench.calculator.setting import (
    ITEMS_MAX,
    ITEMS_MIN,
    KNOBS,
    MEANS_MS,
    SEEDS_ITEMS,
    SEEDS_MAX,
    TAILS,
    Point,
    Setting,
    play,
    settings,
)
from workbench.designs import COMPARED
from workbench.engine.kernel import stream
from workbench.engine.parallel import in_order
from workbench.errors import BadKnob
from workbench.prices import load_book
from workbench.project import RESULTS, fingerprint
from workbench.targets.model.target import ModelTarget
from workbench.temporary import written_whole

KEPT = ".calculator.json"
CHECKED = 3  # sizes of each curve, drawn at random, at which a fresh run says how far it is off
DIGITS = 5  # of a number in the table
Table = dict[str, Any]


@contextmanager
def begun(
    results: Path = RESULTS,
    processes: int | None = None,
    means_ms: Sequence[int] = MEANS_MS,
    items_max: int = ITEMS_MAX,
) -> Iterator[Callable[[], Table]]:
    """Begin to make the table, unless it is kept; what is given waits for it, and keeps it.

    Until then the caller may do other work: the curves are made by other processes, which end with
    the block.
    """
    axes = {"items": [ITEMS_MIN, items_max], "means_ms": list(means_ms)}
    path, key = results / KEPT, key_of_code(axes)
    if kept := _kept(path, key):
        yield lambda: kept
        return
    tasks = [(one, items_max) for one in settings(means_ms)]
    with closing(in_order(made, tasks, processes)) as curves:
        first = next(curves)  # all are handed out with it
        yield partial(_finished, path, {"key": key, **axes}, chain([first], curves))


def key_of_code(axes: Mapping[str, Any]) -> str:
    """What changes when the table of these axes may."""
    own = {name: own for name, own in fingerprint().items() if name != "commit"}
    text = json.dumps([axes, own], sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def made(setting: Setting, items_max: int = ITEMS_MAX) -> dict[str, Any]:
    """The curve of a setting: its usage, when all are done, how late that is known, how far off.

    Rows begin with a number of items. A setting that cannot work has the reason instead.
    """
    try:
        design = setting.made
    except BadKnob as error:
        return {"name": setting.name, "refused": str(error)}
    rates, run = Rates(load_book()), partial(play, ModelTarget(), setting)
    lot, places = design.items_per_invocation, design.processor_concurrency
    curve = sampled(run, lot, places, rates, items_max)
    billed = thinned(curve.points, partial(far_in_usage, rates))
    timed = thinned(curve.points, far_in_time)
    off = []
    for items in _drawn(setting, items_max):
        point = run(items)
        of_usage, of_time = (Curve(tuple(kept)).off(point, rates) for kept in (billed, timed))
        off.append([*map(_short, (of_usage.usd, of_usage.coordination, of_time.time))])
    columns = sorted({column for point in billed for column in point.usage})
    return {
        "name": setting.name,
        "columns": columns,
        "usage": [[p.items, *(_short(p.usage.get(c, 0)) for c in columns)] for p in billed],
        "done_s": [[point.items, _short(point.done_s)] for point in timed],
        "lags_s": _lags(curve),
        "late": next((point.items for point in curve.points if point.late), None),
        "runs": len(curve.points),
        "off": off,
    }


def _kept(path: Path, key: str) -> Table | None:
    """The table that was made by this code, if it is there and whole."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return table if isinstance(table, dict) and table.get("key") == key else None


def _finished(path: Path, head: Table, curves: Iterator[dict[str, Any]]) -> Table:
    """The table of these curves, kept."""
    found = list(curves)
    off = np.array([row for one in found for row in one.pop("off", [])])
    offs = zip(("off_usd", "off_coordination", "off_time"), off.T, strict=True)
    table = {
        **head,
        "designs": list(COMPARED),
        "presets": list(KNOBS),
        "tails": TAILS,
        "batches": [SEEDS_MAX, SEEDS_ITEMS],
        "sizes": sum(one.pop("runs", 0) for one in found),
        "checked": len(off),
        "near": CLOSEST,
        **{name: [_short(x) for x in np.percentile(own, [50, 99, 100])] for name, own in offs},
        "curves": {one.pop("name"): one for one in found},
    }
    text = json.dumps(table, separators=(",", ":"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as written:
        written.write_text(text, encoding="utf-8")
    return json.loads(text)


def _drawn(setting: Setting, items_max: int) -> list[int]:
    """Sizes at which the curve is compared with fresh runs."""
    dice = stream(1, f"calculator/{setting.name}")
    return [round(exp(dice.uniform(log(ITEMS_MIN), log(items_max)))) for _ in range(CHECKED)]


def _lags(curve: Curve) -> list[list[float]]:
    """The shortest and the longest time from the last item until that is known, by decade."""
    decades: dict[int, list[Point]] = {}
    for point in curve.points:
        decades.setdefault(10 ** (len(str(point.items)) - 1), []).append(point)
    rows = []
    for items, points in sorted(decades.items()):
        lags = [lag for point in points for lag in point.lags_s]
        rows.append([items, _short(min(lags)), _short(max(lags))])
    return rows


def _short(number: float) -> float:
    """A number with as many digits as the table has."""
    return float(f"{number:.{DIGITS}g}")
