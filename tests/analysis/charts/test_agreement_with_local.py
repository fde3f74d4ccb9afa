"""The model's error against what was measured."""

import pandas as pd
import pytest

from analysis.charts.agreement_with_local import model_and_local


def run(target, seed, processed_s, run_id, setting="default"):
    return {
        "design": "sqs",
        "target": target,
        "items": 100,
        "seed": seed,
        "setting": setting,
        "item_ms": "0 to 1,000 ms",
        "processed_s": processed_s,
        "run_id": run_id,
    }


def test_only_runs_of_one_batch_and_setting_are_compared():
    runs = pd.DataFrame(
        [
            run("local", 1, 100.0, "a"),
            run("model", 1, 110.0, "b"),
            run("local", 2, 100.0, "c"),
            run("model", 2, 95.0, "d"),
            run("model", 3, 1.0, "e"),
            run("model", 1, 1.0, "f", setting="tuned"),
        ]
    )
    [row] = model_and_local(runs).to_dict("records")
    assert row == {
        "design": "sqs",
        "items": 100,
        "quantity": "time until all items are done",
        "error": pytest.approx(2.5),
        "low": pytest.approx(-5),
        "high": pytest.approx(10),
        "run_ids": ["a", "b", "c", "d"],
    }


def test_one_target_alone_has_nothing_to_be_compared_with():
    assert model_and_local(pd.DataFrame([run("model", 1, 1.0, "a")])).empty
