"""What does a batch cost, and where do the designs change places?"""

from matplotlib.figure import Figure

from analysis.axes import dollars_axis, times_axis
from analysis.caption import reading, sign
from analysis.frames import Frames
from analysis.lines import panels_by_items
from analysis.measures import by_size, over_best
from analysis.needs import Chosen, same_knobs, usable
from analysis.verdicts import compared_by_size, found_by_size

WORDS = ("cheaper", "cheapest")


def select(frames: Frames) -> Chosen:
    """The runs at one setting, at one price date."""
    return same_knobs(usable(frames.runs, in_dollars=True))


def find(chosen: Chosen) -> str:
    """Which design is clearly cheapest, and where."""
    return found_by_size(chosen.runs, "batch_usd", *WORDS)


def draw(chosen: Chosen, figure: Figure) -> None:
    """Dollars of a million items against the size of the batch, and as multiples of the least."""
    sizes = by_size(chosen.runs, "per_million_usd")
    parts = [
        ("Per million items", "dollars per million items", sizes, dollars_axis),
        ("Against the cheapest", "times the cheapest", over_best(sizes), times_axis),
    ]
    sign(figure, chosen, reading(chosen.targets, sizes))
    panels_by_items(figure, parts)


def say(chosen: Chosen) -> str:
    """Which design costs less at which size."""
    return compared_by_size(chosen.runs, "batch_usd", *WORDS)
