"""A sweep runs what is new, in parallel, and goes on after any interruption."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

import pandas as pd
import pytest

from workbench.designs import COMPARED
from workbench.errors import BadInput, BadRecord, BudgetExceeded
from workbench.runs.parts import Folder
from workbench.runs.progress import RunCounter
from workbench.runs.records import read_run, run_folders
from workbench.runs.runner import make_target
from workbench.runs.sets import read_runs, read_tables, runs_frame
from workbench.sweep.foldered import run_jobs
from workbench.sweep.jobs import plan_jobs
from workbench.sweep.study import read_study
from workbench.sweep.sweeping import sweep
from workbench.targets.base import Forecast
from workbench.temporary import temporary

TWO = "seeds: [1, 2]\ngrids: [{designs: [sqs, sfn], items: [100]}]"
MANY = "seeds: [SEEDS]\ngrids: [{designs: [sqs, sfn], items: [100, 1000]}]".replace(
    "SEEDS", ",".join(map(str, range(40)))
)

SMALL_PARTS = """
import sys
import time
from pathlib import Path

from workbench.runs.parts import Folder
from workbench.sweep import sweeping

sweeping.ALONE_S, sweeping.PART_RUNS = 0, 8
write = Folder.write


def slowly(*given):
    time.sleep(0.05)  # so that whoever kills it finds it at work
    write(*given)


Folder.write = slowly
if __name__ == "__main__":
    sweeping.sweep(Path(sys.argv[1]), Path(sys.argv[2]), processes=2)
"""


@pytest.fixture
def study(tmp_path):
    """Writes a study file."""

    def write(text, name="mine"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        return path

    return write


def stamps(results):
    return {str(file): file.stat().st_mtime_ns for file in (results / "parts").rglob("*.parquet")}


def kept(results):
    return {run.run_id for run in read_runs(results)}


def test_a_study_of_a_workload_works_its_items_in_parts_and_in_folders(study, tmp_path):
    (tmp_path / "work.yaml").write_text("items: 30\nduration: {quantiles: '0:10 100:90'}\n")
    path = study("workload: work.yaml\nseeds: [1]\ngrids: [{targets: [model, local]}]")
    done = sweep(path, tmp_path / "results", processes=2)
    table = pd.read_parquet(done.table)
    assert Counter(table["target"]) == {"model": len(COMPARED), "local": len(COMPARED)}
    assert set(table["items"]) == {30}
    assert set(table["knob_durations"]) == {"0:10 100:90"}
    again = sweep(path, tmp_path / "results")
    assert (again.ran, again.found) == (0, 2 * len(COMPARED))


def test_a_table_has_a_row_for_every_run_with_knobs_and_dollars(study, tmp_path):
    done = sweep(study(TWO), tmp_path)
    table = pd.read_parquet(done.table)
    assert done.table == tmp_path / "studies" / "mine.parquet"
    assert Counter(table["design"]) == {"sqs": 2, "sfn": 2}
    assert set(table["run_id"]) == kept(tmp_path)
    assert run_folders(tmp_path) == []
    assert set(table["knob_value_max"]) == {1000}
    assert table["batch_usd"].to_list() == pytest.approx(table["cost_usd"].to_list())
    assert table["knowing_usd"].gt(0).all()
    assert (done.ran, done.found, done.failed) == (4, 0, {})
    assert done.cost_usd == pytest.approx(table["cost_usd"].sum())


def test_runs_that_other_code_has_made_are_counted(study, tmp_path, monkeypatch):
    both = f"{TWO}\nruns: [{{design: sqs, target: local, items: 10, seed: 1}}]"
    monkeypatch.setattr("workbench.sweep.packing.commit", lambda: "0123456789ab")
    local = sweep(study(both), tmp_path).jobs[-1].folder(tmp_path) / "run.json"
    local.write_text(json.dumps(json.loads(local.read_text()) | {"commit": "0123456789ab"}))
    assert sweep(study(both), tmp_path).older == 5


def test_a_finished_run_is_never_repeated_and_a_changed_file_runs_what_is_new(study, tmp_path):
    sweep(study(TWO), tmp_path)
    before = stamps(tmp_path)
    again = sweep(study(TWO), tmp_path)
    assert (again.ran, again.found) == (0, 4)
    more = sweep(study(TWO.replace("[100]", "[100, 200]")), tmp_path)
    assert (more.ran, more.found) == (4, 4)
    after = stamps(tmp_path)
    assert {name: after[name] for name in before} == before


def test_two_studies_share_their_common_runs(study, tmp_path):
    sweep(study(TWO), tmp_path)
    other = sweep(study(TWO, "other"), tmp_path)
    assert (other.ran, other.found) == (0, 4)


def test_runs_in_parallel_are_the_same_as_one_after_the_other(study, tmp_path):
    path = study(MANY.replace("[100, 1000]", "[100]"))
    one = sweep(path, tmp_path / "one", processes=1)
    two = sweep(path, tmp_path / "two", processes=2)
    drop = ["started_at"]
    frames = [pd.read_parquet(done.table).drop(columns=drop) for done in (one, two)]
    pd.testing.assert_frame_equal(*frames)


def test_a_killed_sweep_goes_on_where_it_was(study, tmp_path):
    path = study(MANY)
    script = tmp_path / "script.py"
    script.write_text(SMALL_PARTS)
    command = [sys.executable, script, path, tmp_path]
    process = subprocess.Popen(command, start_new_session=True)
    for _ in range(6000):
        if len(Folder(tmp_path).names()) >= 2 or process.poll() is not None:
            break
        time.sleep(0.01)
    children = workers(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(200):
        if not any(alive(pid) for pid in children):
            break
        time.sleep(0.05)
    assert [pid for pid in children if alive(pid)] == []
    before, found = stamps(tmp_path), len(kept(tmp_path))
    assert 16 <= found < 160
    assert found % 8 == 0
    rest = sweep(path, tmp_path)
    assert (rest.found, rest.ran) == (found, 160 - found)
    after = stamps(tmp_path)
    assert {name: after[name] for name in before} == before
    assert list((tmp_path / "parts").glob(".*")) == []
    assert len(pd.read_parquet(rest.table)) == len(kept(tmp_path)) == 160


def workers(parent):
    listing = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True)
    pairs = [line.split() for line in listing.stdout.splitlines()[1:]]
    return [int(pid) for pid, ppid in pairs if int(ppid) == parent]


def alive(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")


def test_half_a_part_of_a_killed_sweep_is_no_part(study, tmp_path):
    sweep(study(TWO), tmp_path)
    [name] = Folder(tmp_path).names()
    half = tmp_path / "parts" / f".tmp-{name}-99999"
    (tmp_path / "parts" / name).rename(half)
    assert kept(tmp_path) == set()
    again = sweep(study(TWO), tmp_path)
    assert (again.ran, again.found) == (4, 0)
    assert not half.exists()


@pytest.mark.parametrize("place", ["runs", "parts"])
def test_the_half_of_another_sweep_that_is_under_way_stays(study, tmp_path, place):
    with temporary(tmp_path / place) as half:
        half.mkdir()
        assert sweep(study(TWO), tmp_path).ran == 4
        assert half.is_dir()


@pytest.mark.parametrize("table", ["runs", "bill", "usage", "timeline"])
@pytest.mark.parametrize("how", ["cut short", "gone"])
def test_a_damaged_part_is_named_and_its_runs_are_done_again(study, tmp_path, capsys, table, how):
    sweep(study(TWO), tmp_path)
    more = TWO.replace("[100]", "[100, 200]")
    sweep(study(more), tmp_path)
    first, second = Folder(tmp_path).names()
    file = tmp_path / "parts" / first / f"{table}.parquet"
    file.write_bytes(file.read_bytes()[:-20]) if how == "cut short" else file.unlink()
    again = sweep(study(more), tmp_path)
    assert (again.ran, again.found, again.failed) == (4, 4, {})
    told = capsys.readouterr().err
    assert f"warning: a damaged part: {file}" in told
    assert told.count("its runs are done again") == 1
    assert Folder(tmp_path).names() == [first, second]  # the same runs make the same name
    [aside] = (tmp_path / "parts").glob(".aside-*")
    assert (aside / "resources.parquet").is_file()
    assert len(kept(tmp_path)) == 8
    assert sweep(study(more), tmp_path).found == 8


@pytest.mark.parametrize("table", ["runs", "bill"])
def test_a_part_that_a_disk_has_spoiled_is_done_again(study, tmp_path, capsys, table):
    sweep(study(TWO), tmp_path)
    [name] = Folder(tmp_path).names()
    file = tmp_path / "parts" / name / f"{table}.parquet"
    content = bytearray(file.read_bytes())
    for place in range(60, 1_000, 50):
        content[place] ^= 0xFF
    file.write_bytes(content)
    assert sweep(study(TWO), tmp_path).ran == 4
    assert "a damaged part" in capsys.readouterr().err
    assert len(read_tables(tmp_path, "bill")["run_id"].unique()) == 4


def test_a_folder_without_its_record_is_run_and_what_was_in_it_is_kept(study, tmp_path):
    local = "runs: [{design: sqs, target: local, items: 10, seed: 1}]"
    first = sweep(study(local), tmp_path).jobs[0].folder(tmp_path)
    (first / "run.json").unlink()
    (first / "notes").write_text("kept")
    again = sweep(study(local), tmp_path)
    assert (again.ran, again.found, again.failed) == (1, 0, {})
    assert read_run(first).run_id == first.name
    (aside,) = (tmp_path / "runs").glob(".aside-*")
    assert (aside / "notes").read_text() == "kept"


def test_a_disk_that_takes_no_part_fails_its_runs_with_what_to_do(study, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Folder, "write", full)
    done = sweep(study(TWO), tmp_path)
    assert (done.ran, len(done.failed)) == (0, 4)
    assert set(done.failed.values()) == {
        "No space left on device. Make room, then run the same command again."
    }


def test_a_study_of_folders_and_parts_has_one_table_in_the_order_of_its_runs(study, tmp_path):
    text = "seeds: [1]\ngrids: [{designs: [sqs, sfn], targets: [local, model], items: [50]}]"
    done = sweep(study(text), tmp_path)
    table = pd.read_parquet(done.table)
    assert table["run_id"].to_list() == [job.run_id for job in done.jobs]
    assert set(done.folders) == {run for run in table["run_id"] if "-local-" in run}
    assert table["target"].to_list() == ["local", "model"] * 2


def test_one_run_that_fails_does_not_stop_the_others(study, tmp_path):
    done = sweep(study(TWO), tmp_path, make=FailsOnSeedTwo)
    assert {run.split("-")[3] for run in done.failed} == {"2"}
    assert set(done.failed.values()) == {"seed 2 is damaged"}
    assert list(runs_frame(tmp_path)["seed"]) == [1, 1]
    assert sweep(study(TWO), tmp_path).ran == 2


PAIR = "seeds: [1, 2]\ngrids: [{designs: [sqs], items: [100], targets: [aws]}]"


class Aws:
    """A target whose first run of each batch does not complete; each costs a dollar in all."""

    name = "aws"
    tried: ClassVar[list] = []

    def __init__(self, name, options):
        self.options = options

    def close(self):
        """Nothing is held."""

    def run(self, design, batch, on_progress):
        self.tried.append((batch.seed, batch.batch_id, self.options.max_usd))
        folder = make_target("model").run(design, batch, on_progress)
        first = [seed for seed, *_ in self.tried].count(batch.seed) == 1
        status = {"status": "incomplete", "reason": "the logs are late"} if first else {}
        lines = [("AmazonCloudWatch", "CW:GMD-Metrics", "Metrics", "measuring", Decimal(100_000))]
        usage = pd.DataFrame(lines, columns=folder.usage.columns)
        return replace(folder, run=replace(folder.run, target="aws", **status), usage=usage)


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setattr(Aws, "tried", [])
    monkeypatch.setattr("workbench.sweep.sweeping.forecast_of", lambda *_: Forecast(Decimal(1), 60))
    return Aws


def test_a_run_on_aws_that_did_not_complete_is_gone_on_with(study, tmp_path, aws):
    first = sweep(study(PAIR), tmp_path, make=aws)
    assert (first.ran, set(first.failed.values())) == (0, {"the logs are late"})
    again = sweep(study(PAIR), tmp_path, make=aws)
    assert (again.ran, again.found, again.failed) == (2, 0, {})
    names = [job.run_id for job in first.jobs]
    assert [run for _, run, _ in aws.tried] == [*names, *(f"{name}-2" for name in names)]
    assert set(pd.read_parquet(again.table)["run_id"]) == {f"{name}-2" for name in names}
    assert sweep(study(PAIR), tmp_path, make=aws).found == 2
    assert len(aws.tried) == 4


def test_the_limit_on_dollars_is_for_the_whole_study(study, tmp_path, aws):
    with pytest.raises(BudgetExceeded, match=r"2 runs on aws are forecast at \$2.0000 and --max"):
        sweep(study(PAIR), tmp_path, make=aws, max_usd=Decimal("1.5"))
    assert aws.tried == []
    sweep(study(PAIR), tmp_path, make=aws, max_usd=Decimal(3))
    assert [left for *_, left in aws.tried] == [3, 2]  # what our own look costs counts too


def test_a_sweep_that_goes_on_has_what_the_study_has_left(study, tmp_path, aws):
    """Both runs have cost a dollar, and are gone on with as other batches."""
    sweep(study(PAIR), tmp_path, make=aws, max_usd=Decimal(3))
    with pytest.raises(BudgetExceeded, match=r"--max-usd is \$3 for all, of which \$2.0000 are"):
        sweep(study(PAIR), tmp_path, make=aws, max_usd=Decimal(3))
    sweep(study(PAIR), tmp_path, make=aws, max_usd=Decimal(5))
    assert [left for *_, left in aws.tried[2:]] == [3, 2]


class FailsOnSeedTwo:
    """The model, but for one seed."""

    def __init__(self, name, terms):
        self.name, self.target = name, make_target(name, terms)

    def close(self):
        self.target.close()

    def run(self, design, batch, watch):
        if batch.seed == 2:
            raise BadRecord("seed 2 is damaged")
        return self.target.run(design, batch, watch)


def test_a_process_does_one_chunk_on_local_after_the_other(study, tmp_path):
    pair = study("seeds: [1, 2]\ngrids: [{designs: [sfn], items: [100], targets: [local]}]")
    jobs, kept = plan_jobs(read_study(pair))[0], []

    def make(name, options):  # kept, as a collector that comes late keeps it
        kept.append(make_target(name, options))
        return kept[-1]

    assert [run_jobs([job], tmp_path, make)[0].error for job in jobs] == ["", ""]


def test_only_one_sweep_of_a_study_at_a_time(study, tmp_path):
    path, refusals = study(TWO), []

    class Nested(FailsOnSeedTwo):
        def run(self, design, batch, watch):
            with pytest.raises(BadInput, match="another sweep of mine is under way") as refused:
                sweep(path, tmp_path)
            refusals.append(refused)
            return self.target.run(design, batch, watch)

    assert sweep(path, tmp_path, make=Nested).ran == 4
    assert len(refusals) == 4


def test_progress_says_runs_time_left_and_whose_dollars(study, tmp_path):
    shown = []
    done = sweep(study(TWO), tmp_path, counter=RunCounter(lambda *now: shown.append(now)))
    assert [now[:2] for now in shown] == [(number, 4) for number in range(5)]
    dollars = f"${done.cost_usd:.4f} modelled, $0 spent so far"
    assert shown[-1][2] == f"4/4 runs  0.0 s left  {dollars}"


def test_a_local_run_has_its_prediction_on_disk_first(study, tmp_path):
    text = "runs: [{design: sqs, target: local, items: 10, seed: 1}]"
    (job,) = sweep(study(text), tmp_path).jobs
    prediction = tmp_path / "predictions" / f"{job.run_id}.json"
    run = tmp_path / "runs" / job.run_id
    assert read_run(run).items_processed == 10
    assert prediction.stat().st_mtime_ns < (run / "run.json").stat().st_mtime_ns
