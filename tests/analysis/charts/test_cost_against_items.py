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


def uprights(axes):
    return [line.get_xdata()[0] for line in axes.get_lines() if len(set(line.get_xdata())) == 1]


def test_the_crossover_is_marked_in_both_panels_with_its_items(picture):
    figure = picture("cost_against_items", SimpleNamespace(runs=runs([0.5, 0.5, 2.0, 2.0])))
    for axes in figure.axes:
        assert uprights(axes) == [pytest.approx(10**3.5)]
        assert "3,200 items" in [text.get_text() for text in axes.texts]
    assert "Dashed: the two cheapest cost the same" in figure._supxlabel.get_text()


def test_without_a_crossover_the_caption_says_who_is_cheaper(picture):
    figure = picture("cost_against_items", SimpleNamespace(runs=runs([2.0, 2.0])))
    assert [uprights(axes) for axes in figure.axes] == [[], []]
    assert "sfn costs least throughout" in " ".join(figure._supxlabel.get_text().split())


def test_a_winner_is_not_called_so_throughout_where_the_sentence_cannot_tell(picture):
    frames = SimpleNamespace(runs=runs([1.005, 1.005, 2.0]))
    figure, chart = picture("cost_against_items", frames), named("cost_against_items")
    assert "sfn costs least wherever a verdict can be given" in " ".join(
        figure._supxlabel.get_text().split()
    )
    assert chart.say(chart.select(frames)).startswith(
        "sqs and sfn are too close to call from 100 to"
    )
