"""Calibration finds the constants of a platform that differs from the profile."""

from dataclasses import replace

import pytest

from workbench.agreement.calibrate import calibrate, write_profile
from workbench.designs import make_design
from workbench.errors import BadInput
from workbench.platform.profile import load_profile
from workbench.runs.batch import Batch
from workbench.runs.records import write_folder
from workbench.targets.model.target import ModelTarget

TRUTH = {
    "sfn_child_overhead": {"p50": 180, "p99": 450},
    "sfn_map_end_s": {"value": 4.5},
    "sfn_map_start_s": {"value": 1.2},
    "ddb_batch_write": {"p50": 18, "p99": 60},
}


@pytest.fixture
def platform():
    """A profile of another platform than ours."""
    profile = load_profile()
    entries = {n: e | TRUTH.get(n, {}) for n, e in profile.entries.items()}
    return replace(profile, entries=entries)


def folder(platform, tmp_path, design, name, target="aws"):
    made = ModelTarget(platform).run(make_design(design), Batch(3_000, 5, name), lambda p: None)
    return write_folder(replace(made, run=replace(made.run, target=target)), tmp_path)


def test_the_constants_of_another_platform_are_found(platform, tmp_path):
    paths = [folder(platform, tmp_path, design, f"{design}-1") for design in ("sfn", "sqs")]
    found = calibrate(paths)
    for name, entry in TRUTH.items():
        value = entry.get("value", entry.get("p50"))
        assert found.fitted()[name] == pytest.approx(value, rel=0.15), name
    assert (found.errors.after / found.errors.measured - 1).abs().max() < 0.05
    write_profile(found.profile, tmp_path / "mine.json")
    assert load_profile(str(tmp_path / "mine.json")) == found.profile


def test_runs_that_the_profile_explains_leave_it_alone(tmp_path):
    profile = load_profile()
    path = folder(profile, tmp_path, "sfn", "sfn-2")
    found = calibrate([path], profile)
    for name, value in found.fitted().items():
        entry = profile.entries[name]
        assert value == pytest.approx(entry.get("value", entry.get("p50")), rel=0.03)


def test_a_run_of_the_model_itself_is_refused(tmp_path):
    path = folder(load_profile(), tmp_path, "sfn", "sfn-3", target="model")
    with pytest.raises(BadInput, match="take a complete real one"):
        calibrate([path])
