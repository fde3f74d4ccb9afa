"""What does owning it cost a month, at four batches a day?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import dollars_axis
from analysis.caption import sign
from analysis.frames import Frames
from analysis.lines import panels_by_items
from analysis.measures import by_size, main_target
from analysis.needs import Chosen, NothingToShow, in_order, same_knobs, usable
from analysis.simplicity import UpkeepRate, upkeep_usd
from analysis.theme import colour
from analysis.verdicts import NUMBERS
from analysis.words import count, dollars, duration, listed
from workbench.bill.monthly_cost import Upkeep

HEIGHT_IN = 3.6  # of the panel
RATE = UpkeepRate()
UPKEEP = Upkeep()
BATCHES_PER_DAY = int(UPKEEP.batches_per_day)
BILL, OWNED = "month_usd", "owned_usd"
BILL_ALONE = (0, (1, 1.2))  # dotted


def select(frames: Frames) -> Chosen:
    """The runs at one setting with `month_usd`, and `owned_usd` where simplicity was measured."""
    chosen = _that_fit(same_knobs(usable(frames.runs, in_dollars=True)))
    runs = chosen.runs.assign(month_usd=frames.monthly["month_usd"])
    try:
        hours_usd = runs["design"].map(upkeep_usd(frames.table("simplicity"), RATE))
    except NothingToShow:
        return chosen.only(runs)
    return chosen.only(runs.assign(owned_usd=runs["month_usd"] + hours_usd))


def find(chosen: Chosen) -> str:
    """What the cheapest and the dearest design cost a month at the largest size."""
    sizes = _sizes(chosen.only(main_target(chosen.runs)))
    shown = list(sizes.values())[-1]
    items = shown["items"].max()
    usd = shown[shown["items"] == items].set_index("design")["middle"]
    least, most = usd.idxmin(), usd.idxmax()
    batches = f"{NUMBERS[BATCHES_PER_DAY].capitalize()} batches of {count(items)} items a day"
    head = f"{batches} cost {dollars(usd[least])} a month"
    rest = f", {dollars(usd[most])} with {most}" if most != least else ""
    return f"{head} with {least}{rest}{', upkeep included' if OWNED in sizes else ''}"


def draw(chosen: Chosen, figure: Figure) -> None:
    """Dollars a month against the items of a batch, with a person's upkeep; dotted, without."""
    sizes = _sizes(chosen)
    owned = OWNED in sizes
    note = (
        f"dotted: AWS's bill alone; upkeep is assumed, at {dollars(RATE.usd_per_hour)} an hour: "
        f"{RATE.minutes_per_resource:g} min a month for each resource, "
        f"{RATE.minutes_per_100_lines:g} for each 100 handler lines"
        if owned
        else "upkeep is not shown: simplicity has not been measured"
    )
    dots = "dots are simulated, " if "local" in chosen.targets else ""
    sign(figure, chosen, f"{dots}{note}")
    title = "AWS's bill and a person's upkeep" if owned else "AWS's bill"
    shown, bill = sizes[OWNED if owned else BILL], sizes[BILL]
    least = bill["low"].min()

    def axis(axes: Axes, _low: float, high: float) -> None:
        dollars_axis(axes, least, high)

    [axes] = panels_by_items(figure, [(title, "dollars a month", shown, axis)])
    for design, own in in_order(bill[bill["target"] == main_target(chosen.runs)["target"].iloc[0]]):
        if owned:
            line = {"color": colour(design), "linestyle": BILL_ALONE, "label": f"_{design} bill"}
            axes.plot(own["items"], own["middle"], **line)


def say(chosen: Chosen) -> str:
    """What the smallest and the largest batch cost a month, with upkeep where it is known."""
    runs = main_target(chosen.runs)
    sizes = _sizes(chosen.only(runs))
    parts = []
    for items in sorted({runs["items"].min(), runs["items"].max()}):
        at_size = [own[own["items"] == items] for own in sizes.values()]
        texts = [
            f"{design} {', with upkeep '.join(dollars(usd) for usd in _middles(at_size, design))}"
            for design, _ in in_order(at_size[0])
        ]
        parts.append(f"with {count(items)} items {listed(texts)}")
    return f"A month of such batches costs: {'; '.join(parts)}."


def _that_fit(chosen: Chosen) -> Chosen:
    """The runs of sizes of which every design can do so many batches a day."""
    longest_s = chosen.runs.groupby("items")["detected_s"].max()
    late = longest_s[[not UPKEEP.holds(s) for s in longest_s]]
    if len(late) == len(longest_s):
        raise NothingToShow(f"no day holds {BATCHES_PER_DAY} of these batches.")
    notes = [
        f"{BATCHES_PER_DAY} batches of {count(items)} items take "
        f"{duration(each_s * BATCHES_PER_DAY)}, which no day has"
        for items, each_s in late.items()
    ]
    return chosen.only(chosen.runs[~chosen.runs["items"].isin(late.index)]).also(*notes)


def _sizes(chosen: Chosen) -> dict[str, pd.DataFrame]:
    """Dollars by size, without and with upkeep."""
    return {name: by_size(chosen.runs, name) for name in (BILL, OWNED) if name in chosen.runs}


def _middles(at_size: list[pd.DataFrame], design: str) -> list[float]:
    """The dollars of a design, without and, where its simplicity was measured, with upkeep."""
    return [usd for own in at_size for usd in own.loc[own["design"] == design, "middle"]]
