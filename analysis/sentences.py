"""Verdicts in words: who is better at which sizes, with intervals where they can be had."""

import numpy as np
import pandas as pd

from analysis.needs import NothingToShow
from analysis.verdicts import CLOSE_CALL, Zone, verdicts, zones
from analysis.words import count

WHERE = {"model": "modelled", "local": "on the local target", "aws": "measured on AWS"}


def compared_by_size(runs: pd.DataFrame, column: str, better: str) -> str:
    """Which design is better in a column at which size, or why nobody can tell."""
    try:
        return among(runs) + told_by_size(verdicts(runs, column), better)
    except NothingToShow as reason:
        return f"Not told which design is {better}: {reason}"


def among(runs: pd.DataFrame) -> str:
    """Which two designs a verdict compares, where runs of others are shown beside them."""
    return "" if set(runs["design"]) <= {"sqs", "sfn"} else "Of sqs and sfn, "


def told_by_size(found: pd.DataFrame, better: str) -> str:
    """Who is better where, from verdicts at single sizes."""
    ranges = zones(found)
    single = "" if found["pairs"].min() > 1 else ", from one pair of runs at some sizes"
    where = f" ({WHERE[found['target'].iloc[0]]}{single})"
    if len(ranges) > 1:
        return f"{_zones_told(ranges, better)}{where}."
    who, span = ranges[0].winner, span_of(found["items"].min(), found["items"].max())
    if who == CLOSE_CALL:
        return f"Which design is {better} is too close to call {span}{where}."
    ratios = found["ratio"] if who == "sfn" else 1 / found["ratio"]
    least, most = np.round((ratios.min(), ratios.max()), 2)
    factor = f"{least:g}" if least == most else f"{least:g} to {most:g}"
    return f"{who} is {better} {span}, by a factor of {factor}{where}."


def span_of(first: float, last: float) -> str:
    """A range of sizes in words."""
    if count(first) == count(last):
        return f"at {count(first)} items"
    return f"from {count(first)} to {count(last)} items"


def _zones_told(ranges: list[Zone], better: str) -> str:
    """One verdict after the other, each with the sizes it holds for."""
    told, verb = [], f" is {better}"
    for zone in ranges:
        span = span_of(zone.start, zone.stop)
        if zone.winner == CLOSE_CALL:
            told.append(f"too close to call {span}")
        else:
            told.append(f"{zone.winner}{verb} {span}")
            verb = ""  # said once
    text = ", ".join(told)
    return text[0].upper() + text[1:] if ranges[0].winner == CLOSE_CALL else text
