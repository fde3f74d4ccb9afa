"""Run folders as a user handles them: found by a name, refused for removal where it would hurt."""

import pytest

from workbench.errors import BadInput
from workbench.runs import stored
from workbench.runs.stored import find_run, refuse_removal, remove_run


@pytest.fixture
def results(tmp_path):
    for name in ("sqs-1", "sqs-10", "sqs-11", "sfn-1", ".tmp-sqs-2-77"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    return tmp_path


def test_a_run_is_found_by_id_by_beginning_and_by_path(results):
    runs = results / "runs"
    assert find_run(results, "sqs-1") == runs / "sqs-1"  # though two others begin with it
    assert find_run(results, "sf") == runs / "sfn-1"
    assert find_run(results / "elsewhere", str(runs / "sqs-10")) == runs / "sqs-10"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("sqs-", r"'sqs-' begins 3 runs: sqs-1, sqs-10, sqs-11\. Give more of its name\."),
        ("nothing", "no run in .* is called 'nothing'"),
        ("", "no run in .* is called ''"),
        (".tmp", "no run in .* is called '.tmp'"),
        ("no/folder", "there is no run folder no/folder"),
    ],
)
def test_a_name_that_is_not_one_run_is_refused(results, name, why):
    with pytest.raises(BadInput, match=why):
        find_run(results, name)


def test_only_run_folders_can_be_removed(results):
    for path in (results, results / "runs"):
        with pytest.raises(BadInput, match="is no run folder"):
            refuse_removal(path)


def test_reference_runs_are_never_removed(results, monkeypatch):
    monkeypatch.setattr(stored, "REFERENCE", results)
    with pytest.raises(BadInput, match="is a reference run, which is never removed"):
        remove_run(results / "runs" / "sqs-1")
    assert (results / "runs" / "sqs-1").is_dir()
