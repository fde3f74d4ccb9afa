"""Dollars against items, and the crossover."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.gallery import named


def runs(ratios):
    """Runs at 100, 1,000 …; sqs costs so many times what sfn costs."""
    rows = [
        {
            "run_id": f"{design}-{place}-{seed}",
            "design": design,
            "target": "model",
            "items": 10 ** (2 + place),
            "seed": seed,
            "status": "complete",
            "reason": "",
            "cost_usd": usd,
            "batch_usd": usd * 10**place,
            "per_million_usd": usd * 10_000,
            "price_date": "2026-11-23",
            "commit": "abc",
            "items_processed": 10 ** (2 + place),
            "items_failed": 0,
        }
        for place, ratio in enumerate(ratios)
        for seed in (1, 2)
        for design, usd in (("sqs", ratio), ("sfn", 1.0))
    ]
    return pd.DataFrame(rows)


def test_the_second_panel_is_in_multiples_of_the_cheapest(picture):
    figure = picture("cost_against_items", SimpleNamespace(runs=runs([0.5, 0.5, 2.0, 2.0])))
    lines = {line.get_label(): list(line.get_ydata()) for line in figure.axes[1].get_lines()}
    assert lines == {"sqs model": [1.0, 1.0, 2.0, 2.0], "sfn model": [2.0, 2.0, 1.0, 1.0]}


@pytest.mark.parametrize(
    ("ratios", "found"),
    [
        ([2.0, 2.0], "sfn is cheaper at every size"),
        ([1.005, 1.005], "No design is clearly cheaper from 100 to 1,000 items"),
    ],
)
def test_the_title_agrees_with_the_sentence(ratios, found):
    chart = named("cost_against_items")
    chosen = chart.select(SimpleNamespace(runs=runs(ratios)))
    assert chart.find(chosen) == found
    start = "sfn is cheaper" if "every" in found else "sqs and sfn are too close to call"
    assert chart.say(chosen).startswith(start)
