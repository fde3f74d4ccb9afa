"""A results folder with two runs of the model and a damaged one."""

import json
from types import SimpleNamespace

import pytest

from workbench.runs.runner import RunRequest, run_request


@pytest.fixture
def stored(tmp_path):
    """Paths of a default sqs run, a newer sfn run with a knob set, and a damaged folder."""

    def run(design, day, **settings):
        request = RunRequest(design, "model", 100, settings=settings)
        path = run_request(request, tmp_path, lambda _: None, f"{design}-a")
        record = json.loads((path / "run.json").read_text())
        record["started_at"] = f"2026-11-0{day}T06:00:00+00:00"
        (path / "run.json").write_text(json.dumps(record))
        return path

    sqs = run("sqs", 1)
    sfn = run("sfn", 2, items_per_child=50)
    damaged = tmp_path / "runs" / "sqs-b"
    damaged.mkdir()
    (damaged / "run.json").write_text("{")
    return SimpleNamespace(results=tmp_path, sqs=sqs, sfn=sfn, damaged=damaged)
