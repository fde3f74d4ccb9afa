"""Every design draining the same batch, side by side, as MP4 and GIF.

Dollars so far are the bill spread over the run: what is labelled `work` by the invocations at work,
all else by the items done. They end at the bill's total. A target that keeps `cost_usd` over time
is taken at its word.

The still parts are drawn once; each frame restores them and draws the lines grown so far, which
takes a few hundredths of a second. Encoding is bit-exact and on one thread: the same runs give the
same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis import theme
from analysis.axes import time_axis
from analysis.caption import ask, sign
from analysis.frames import Frames
from analysis.needs import NothingToShow, usable
from analysis.words import count, dollars, duration, short_count

QUESTION = "The same batch on every design"
FPS = 30
DRAIN_S, HOLD_S = 12.0, 2.5  # of film: the batch from trigger to known, then the last picture
GIF_FPS, GIF_WIDTH = 10, 960
EXACT = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
PALETTE = "[0:v]split[a][b];[a]palettegen=max_colors=64[p];[b][p]paletteuse=dither=none"
ROWS = (
    ("left", "items left", short_count),
    ("concurrency", "invocations", short_count),
    ("cost_usd", "dollars so far", dollars),
)
METRICS = ("concurrency", "items_done")  # that a run must have kept
COUNTER = 0.85  # size of its text, so that four stand side by side
FINE = 2_000  # steps over which invocations at work are summed up


@dataclass
class Column:
    """One design's side of the film: what it shows at each moment, and the artists that grow."""

    run: Any
    moments: pd.DataFrame
    lines: dict[str, Any]
    counter: Any


def film(frames: Frames, folder: Path, look: theme.Theme = theme.DARK) -> list[Path]:
    """Write `drain.mp4` and `drain.gif`; raises NothingToShow if no two designs ran one batch."""
    folder.mkdir(parents=True, exist_ok=True)
    mp4, gif = folder / "drain.mp4", folder / "drain.gif"
    with theme.use(look, theme.VIDEO):
        figure, columns = _scene(frames)
        canvas = figure.canvas
        width, height = (int(v) for v in figure.get_size_inches() * figure.dpi)
        large = _writer(mp4, (width, height), FPS, ["-preset", "veryfast", "-crf", "20", *EXACT])
        small = _writer(gif, (width, height), GIF_FPS, _gif_options(), codec="gif")
        for number, picture in enumerate(_pictures(canvas, columns)):
            large.send(picture)
            if number % (FPS // GIF_FPS) == 0:
                small.send(picture)
        large.close()
        small.close()
    return [mp4, gif]


def _scene(frames: Frames) -> tuple[Figure, list[Column]]:
    """The still parts, and each design's side of it."""
    chosen = usable(frames.batch)
    end_s = float(chosen.runs["detected_s"].max())
    moments_s = np.linspace(0, end_s, round(DRAIN_S * FPS))
    figure = theme.blank(theme.VIDEO)
    ask(figure, f"{QUESTION}: {count(chosen.runs['items'].iloc[0])} items")
    sign(
        figure,
        chosen,
        f"{chosen.targets[0]}; {duration(end_s)} in {DRAIN_S:g} s",
        "dollars: the bill spread over the run, work by invocations, the rest by items done",
    )
    grid = figure.subplots(len(ROWS), len(chosen.runs), sharex=True, sharey="row")
    moments = [
        replay(
            run,
            frames.batch_timelines[frames.batch_timelines["run_id"] == run["run_id"]],
            frames.batch_bills[frames.batch_bills["run_id"] == run["run_id"]],
            moments_s,
        )
        for _, run in chosen.runs.iterrows()
    ]
    tops = {name: max(own[name].max() for own in moments) for name, _, _ in ROWS}
    columns = [
        _column(grid[:, place], run, own, tops, end_s)
        for place, ((_, run), own) in enumerate(zip(chosen.runs.iterrows(), moments, strict=True))
    ]
    figure.align_ylabels()
    theme.freeze(figure)
    return figure, columns


def _column(
    panels: np.ndarray, run: pd.Series, moments: pd.DataFrame, tops: dict[str, float], end_s: float
) -> Column:
    """One design's three panels, their lines still empty."""
    lines = {}
    for axes, (name, unit, words) in zip(panels, ROWS, strict=True):
        axes.set_ylim(0, tops[name] * 1.1 or 1)
        axes.yaxis.set_major_formatter(lambda value, _, words=words: words(value))
        axes.set_ylabel(unit)
        axes.label_outer()
        (lines[name],) = axes.plot([], [], color=theme.colour(run["design"]), animated=True)
    time_axis(panels[-1], end_s)
    counter = panels[0].set_title(
        "\n\n", color=theme.colour(run["design"]), fontsize=theme.text_pt(COUNTER)
    )
    counter.set_animated(True)
    return Column(run, moments, lines, counter)


def _pictures(canvas: FigureCanvasAgg, columns: list[Column]) -> Iterator[np.ndarray]:
    """Every frame of the film, as RGBA bytes; the last one is held."""
    canvas.draw()
    still_parts = canvas.copy_from_bbox(canvas.figure.bbox)
    picture = np.asarray(canvas.buffer_rgba())
    for number in range(round(DRAIN_S * FPS)):
        canvas.restore_region(still_parts)
        for column in columns:
            _grow(column, number)
        yield np.ascontiguousarray(picture)
    for _ in range(round(HOLD_S * FPS)):
        yield np.ascontiguousarray(picture)


def _grow(column: Column, number: int) -> None:
    """Draw one design as it stands at this moment."""
    now, past = column.moments.iloc[number], column.moments.iloc[: number + 1]
    for name, line in column.lines.items():
        line.set_data(past["t_s"], past[name])
        axes: Axes = line.axes
        axes.draw_artist(line)
    run = column.run
    known = now["t_s"] >= run["detected_s"]
    state = f"known after {duration(run['detected_s'])}" if known else "working …"
    done = f"{now['items_done']:,.0f} items done{' or failed' if run['items_failed'] else ''}"
    column.counter.set_text(f"{run['design']}, {dollars(now['cost_usd'])}\n{done}\n{state}")
    column.counter.axes.draw_artist(column.counter)


def _writer(
    path: Path, size: tuple[int, int], fps: int, options: list[str], codec: str = "libx264"
) -> Any:
    """An open encoder that takes RGBA pictures."""
    writer = imageio_ffmpeg.write_frames(
        str(path),
        size,
        fps=fps,
        codec=codec,
        pix_fmt_in="rgba",
        pix_fmt_out="yuv420p" if codec == "libx264" else "pal8",
        macro_block_size=1,
        output_params=options,
        ffmpeg_log_level="error",
        quality=None,
    )
    writer.send(None)
    return writer


def _gif_options() -> list[str]:
    """A smaller picture with a palette of its own."""
    scaled = PALETTE.replace("split", f"scale={GIF_WIDTH}:-1:flags=area,split")
    return ["-filter_complex", scaled, "-loop", "0", *EXACT]


def replay(
    run: pd.Series, samples: pd.DataFrame, bill: pd.DataFrame, moments_s: np.ndarray
) -> pd.DataFrame:
    """One row a moment with `t_s` and each metric of one run; after its end nothing changes."""
    series = dict(list(samples.groupby("metric")))
    missing = set(METRICS) - set(series)
    if missing:
        raise NothingToShow(
            f"{run['run_id']} keeps no {', '.join(sorted(missing))} over time. Run it again."
        )
    frame = pd.DataFrame({"t_s": moments_s})
    for name in METRICS:
        frame[name] = held(series[name], moments_s)
    frame["left"] = run["items"] - frame["items_done"]
    if "cost_usd" in series:
        return frame.assign(cost_usd=held(series["cost_usd"], moments_s))
    return frame.assign(cost_usd=dollars_so_far(run, series, bill, moments_s))


def held(samples: pd.DataFrame, moments_s: np.ndarray) -> np.ndarray:
    """A metric at these moments: each sample holds until the next, zero before the first."""
    ordered = samples.sort_values("t_s", kind="stable")
    values = np.concatenate([[0.0], ordered["value"].to_numpy(dtype=float)])
    return values[np.searchsorted(ordered["t_s"].to_numpy(), moments_s, side="right")]


def dollars_so_far(
    run: pd.Series, series: dict[str, pd.DataFrame], bill: pd.DataFrame, moments_s: np.ndarray
) -> np.ndarray:
    """The bill spread over the run: work by invocations at work, the rest by items done."""
    lines = bill[bill["label"] != "measuring"]
    usd = lines["cost_usd"].astype(float).groupby(lines["label"]).sum()
    work = usd.get("work", 0.0)
    fine_s = np.linspace(0, float(run["detected_s"]), FINE)
    busy = np.cumsum(held(series["concurrency"], fine_s))
    by_work = np.interp(moments_s, fine_s, busy / busy[-1]) if busy[-1] else moments_s * 0
    done = held(series["items_done"], moments_s) / float(run["items"])
    return work * by_work + (usd.sum() - work) * done
