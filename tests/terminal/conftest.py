"""A results folder to work on, one for each test file."""

import pytest

from workbench.runs.runner import RunRequest, run_request


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """What the words of a case stand for: a results folder with two runs, a study, files."""
    folder = tmp_path_factory.mktemp("terminal")
    results = folder / "results"
    for design in ("sqs", "sfn"):
        run = run_request(RunRequest(design, "local", 20), results, lambda now: None)
    study = folder / "tiny.yaml"
    study.write_text("seeds: [1]\ngrids: [{items: [100], targets: [model]}]")
    return {"RESULTS": results, "RUN": run, "STUDY": study, "PROFILE": folder / "profile.json"}
