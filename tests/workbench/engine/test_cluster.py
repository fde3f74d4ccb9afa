"""Workers of a Dask cluster, as processes of their own in folders of their own.

They do what local processes do, also where one of them is killed, and one of another version is
refused by name.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from threading import Thread

import pandas as pd
import pytest
from distributed import Client

from workbench.agreement.replay import agreement, published
from workbench.border import whole_number
from workbench.engine.parallel import in_order, in_parallel
from workbench.errors import BadInput, BadKnob, Incomplete
from workbench.project import ROOT, fingerprint
from workbench.runs.records import run_folders
from workbench.runs.sets import read_tables
from workbench.swarm import swarm as swarming
from workbench.sweep import sweeping
from workbench.tuning.goal import Goal
from workbench.tuning.search import tune

LONG_S = 60.0
DASK = "from dask.__main__ import main; main()"
STUDY = """
seeds: [1, 2, 3, 4, 5, 6]
grids:
  - {designs: [sqs], targets: [model], items: [100, 1000]}
  - {designs: [sqs], targets: [local], items: [50], seeds: [1, 2]}
"""


class Cluster:
    """A scheduler on loopback, and workers that are started by name."""

    def __init__(self, folder, **variables):
        self.folder, self.workers = folder, {}
        self._variables = {f"DASK_DISTRIBUTED__{name}": one for name, one in variables.items()}
        card = folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", DASK, "scheduler", "--port", "0", "--scheduler-file", str(card)
        )
        wait_until(lambda: card.exists() and card.read_text().endswith("}"))
        self.address = json.loads(card.read_text())["address"]

    def start_worker(self, name, code=DASK, sources=None, threads=1):
        """A worker that runs this code, from these sources if not from ours."""
        options = ["--no-nanny", "--nthreads", str(threads), "--name", name]
        self.workers[name] = self._start(
            name, code, "worker", self.address, *options, sources=sources
        )

    def start_workers(self, *names):
        """Workers of ours, and wait until they are there."""
        for name in names:
            self.start_worker(name)
        self.wait_for(len(names))

    def wait_for(self, workers):
        """Wait until so many workers have come."""
        with self.client() as client:
            client.wait_for_workers(workers, timeout=LONG_S)

    def client(self):
        """A client of the tests' own."""
        return Client(self.address, timeout=LONG_S, set_as_default=False)

    def address_of(self, name):
        """The address of a worker."""
        with self.client() as client:
            workers = client.scheduler_info(n_workers=-1)["workers"]
            return next(at for at, one in workers.items() if one["name"] == name)

    def end(self):
        """End every process of the cluster."""
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
        for process in (*self.workers.values(), self.scheduler):
            process.wait()

    def _start(self, name, code, *arguments, sources=None):
        place = self.folder / name
        place.mkdir()
        own = {"PYTHONPATH": str(sources)} if sources else {}
        with (place / "log").open("w") as log:
            return subprocess.Popen(
                [sys.executable, "-c", code, *arguments, "--host", "127.0.0.1", "--no-dashboard"],
                cwd=place,
                env=os.environ | self._variables | own,
                stdout=log,
                stderr=log,
            )


def wait_until(is_so):
    deadline = time.monotonic() + LONG_S
    while not is_so():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.end()


@contextmanager
def one_worker_killed(cluster, work):
    """Kill the first worker that is seen at such work, while it is at it."""
    killed = []

    def kill():
        with cluster.client() as client:
            while not killed:
                names = {
                    at: one["name"]
                    for at, one in client.scheduler_info(n_workers=-1)["workers"].items()
                }
                for at, tasks in client.processing().items():
                    if not killed and any(work in key for key in tasks):
                        cluster.workers[names[at]].send_signal(signal.SIGKILL)
                        killed.append(names[at])
                time.sleep(0.01)

    thread = Thread(target=kill, daemon=True)
    thread.start()
    yield
    thread.join(LONG_S)
    assert len(killed) == 1
    assert cluster.workers[killed[0]].wait() == -signal.SIGKILL


def contents(results):
    """The tables of each run, and what does not tell the time of its record."""
    found = {}
    for folder in run_folders(results):
        for file in folder.iterdir():
            record = json.loads(file.read_text()) if file.suffix == ".json" else file.read_bytes()
            if file.suffix == ".json":
                record.pop("started_at")
            found[f"{folder.name}/{file.name}"] = record
    return found


def test_a_sweep_is_the_same_though_a_worker_is_killed_in_it(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "CHUNK_S", 0.001)  # many tasks
    study = tmp_path / "mine.yaml"
    study.write_text(STUDY)
    cluster.start_workers("one", "two", "three")
    here = sweeping.sweep(study, tmp_path / "here", processes=1)
    with one_worker_killed(cluster, "elsewhere"):
        there = sweeping.sweep(study, tmp_path / "there", cluster=cluster.address)
    assert (there.ran, there.failed, there.usd) == (here.ran, {}, pytest.approx(here.usd))
    tables = [pd.read_parquet(done.table).drop(columns="started_at") for done in (here, there)]
    pd.testing.assert_frame_equal(*tables)
    assert len(contents(tmp_path / "here")) > len(list(run_folders(tmp_path / "here"))) > 0
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    for name in ("bill", "timeline"):  # of runs in parts too, however they were shared out
        tables = [
            read_tables(tmp_path / where, name).sort_values(["run_id"], kind="stable")
            for where in ("here", "there")
        ]
        pd.testing.assert_frame_equal(*(one.reset_index(drop=True) for one in tables))
    predictions = [sorted(path.name for path in (tmp_path / where / "predictions").iterdir())
                   for where in ("here", "there")]  # fmt: skip
    assert predictions[0] == predictions[1] != []
    assert {path.name for worker in ("one", "two", "three")
            for path in (tmp_path / worker).iterdir()} == {"log"}  # fmt: skip


def test_the_swarm_is_the_same_though_a_worker_is_killed_in_it(cluster, monkeypatch, capsys):
    monkeypatch.setattr(swarming, "CHUNK", 2)
    cluster.start_workers("one", "two", "three")
    assert swarming.swarm(6, 0, ("counters",), processes=1, coverage=True) == []
    here = capsys.readouterr()
    with one_worker_killed(cluster, "_run_chunk"):
        found = swarming.swarm(6, 0, ("counters",), coverage=True, cluster=cluster.address)
    assert found == []
    there = capsys.readouterr()
    assert here.out.count("\n") > 10
    assert (there.out, there.err) == (here.out, here.err)


def test_tune_and_agreement_find_the_same_as_here(cluster):
    cluster.start_workers("one", "two")
    goal = Goal("sqs", 500, fixed={"memory_mb": 128, "poll_s": 60})
    assert tune(goal, cluster=cluster.address) == tune(goal, processes=1)
    content = published()
    content["runs"] = [run for run in content["runs"] if run["replay"] == "cpu"]
    assert len(content["runs"]) > 0
    both = [agreement(None, content, 2, where) for where in ("", cluster.address)]
    pd.testing.assert_frame_equal(*both)


def test_work_is_done_in_the_workers_folders_and_their_errors_come_back(cluster):
    cluster.start_workers("one", "two")
    folders = set(in_parallel(os.getcwd, [()] * 8, cluster=cluster.address))
    assert folders == {str(cluster.folder / name) for name in ("one", "two")}
    waits = [(0.4,), (0.0,), (0.2,)]
    assert list(in_order(time.sleep, waits, cluster=cluster.address)) == [None] * 3
    assert list(in_order(divmod, [(9, 4), (8, 4)], cluster=cluster.address)) == [(2, 1), (2, 0)]
    with pytest.raises(ZeroDivisionError):
        list(in_parallel(divmod, [(1, 0)], cluster=cluster.address))
    with pytest.raises(BadKnob, match=r"^items='many': must be a whole number\. 1000, 1e3, 1_000"):
        list(in_parallel(whole_number, [("items", "many")], cluster=cluster.address))


@pytest.fixture
def other_sources(tmp_path):
    """The project's sources, of which one differs."""
    for folder in ("infra", "lambdas", "workbench"):
        left_out = shutil.ignore_patterns("node_modules", "__pycache__", "cdk.out")
        shutil.copytree(ROOT / folder, tmp_path / "sources" / folder, ignore=left_out)
    with (tmp_path / "sources" / "lambdas" / "items.py").open("a") as file:
        file.write("# another version\n")
    return tmp_path / "sources"


def test_a_worker_of_another_version_is_refused_by_name(cluster, other_sources):
    cluster.start_workers("one")
    cluster.start_worker("other", sources=other_sources)
    cluster.wait_for(2)
    with pytest.raises(BadInput) as refused:
        list(in_parallel(time.sleep, [(0,)], cluster=cluster.address))
    ours = fingerprint()
    text = str(refused.value)
    assert text.startswith(f"worker {cluster.address_of('other')} is not of this version: ")
    assert f"commit none (here {ours['commit']}), sources " in text
    assert f"(here {ours['sources']}). Give its environment the same commit" in text
    assert "python" not in text


def test_a_worker_of_another_version_that_comes_later_is_refused_too(cluster, other_sources):
    cluster.start_workers("one")
    results = in_parallel(time.sleep, [(0.3,)] * 60, cluster=cluster.address)
    next(results)
    cluster.start_worker("other", sources=other_sources)
    with pytest.raises(BadInput, match=r"worker tcp://127\S+ is not of this version: .*sources"):
        list(results)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (
            "import distributed.versions as known; known._version_cached = lambda _: '2000.1'",
            r"is not of this version: dask 2000.1 \(here .*\), distributed 2000.1 \(here",
        ),
        ("import sys; sys.modules['workbench'] = None", "cannot tell its version: .*workbench"),
    ],
    ids=["of another Dask", "without the workbench"],
)
def test_a_worker_that_cannot_work_is_refused(cluster, before, text):
    cluster.start_worker("other", f"{before}; {DASK}")
    cluster.wait_for(1)
    with pytest.raises(BadInput, match=rf"^worker tcp://127\S+ .*{text}"):
        list(in_parallel(time.sleep, [(0,)], cluster=cluster.address))


def test_a_worker_without_the_workbench_that_comes_later_ends_and_its_task_is_done(cluster):
    cluster.start_workers("one")
    results = in_parallel(time.sleep, [(0.1,)] * 60, cluster=cluster.address)
    next(results)
    cluster.start_worker("other", f"import sys; sys.modules['workbench'] = None; {DASK}")
    assert list(results) == [None] * 59
    assert cluster.workers["other"].wait(LONG_S) is not None
    assert "No module named 'workbench" in (cluster.folder / "other" / "log").read_text()


def test_a_worker_with_several_threads_is_refused(cluster):
    cluster.start_worker("wide", threads=2)
    cluster.wait_for(1)
    with pytest.raises(BadInput, match=r"worker tcp://127\S+ has 2 threads, .* --nthreads 1"):
        list(in_parallel(time.sleep, [(0,)], cluster=cluster.address))


def test_a_task_that_kills_its_workers_is_named(tmp_path):
    cluster = Cluster(tmp_path, SCHEDULER__ALLOWED_FAILURES="0")
    try:
        cluster.start_workers("one", "two")
        with pytest.raises(Incomplete, match=r"^task number 1: 1 workers have died of it, .*tcp:"):
            list(
                in_parallel(
                    os._exit, [(1,)], cluster=cluster.address, named=lambda n: f"number {n}"
                )
            )
    finally:
        cluster.end()


def test_a_cluster_whose_workers_are_all_gone_is_not_waited_for(cluster, monkeypatch):
    from workbench.engine import cluster as seam

    monkeypatch.setattr(seam, "WORKERS_MAX_S", 1.0)
    monkeypatch.setattr(seam, "LOOK_S", 0.5)
    cluster.start_workers("one")
    with pytest.raises(Incomplete, match="every worker is gone"):
        list(in_parallel(os._exit, [(1,)], cluster=cluster.address))
    with pytest.raises(BadInput, match=r"has no worker after 1 s\. Start some with `dask worker"):
        list(in_parallel(os._exit, [(1,)], cluster=cluster.address))


def test_a_scheduler_that_is_killed_is_named(cluster):
    cluster.start_workers("one")
    results = in_parallel(time.sleep, [(0.2,)] * 100, cluster=cluster.address)
    next(results)
    cluster.scheduler.send_signal(signal.SIGKILL)
    with pytest.raises(Incomplete, match=f"{cluster.address}: the scheduler is gone"):
        list(results)


def test_no_scheduler_is_said_within_seconds(monkeypatch):
    from workbench.engine import cluster as seam

    monkeypatch.setattr(seam, "SCHEDULER_MAX_S", 1.0)
    began = time.monotonic()
    with pytest.raises(BadInput, match=r"tcp://127.0.0.1:9: no scheduler answers within 1 s .*"):
        list(in_parallel(time.sleep, [(0,)], cluster="tcp://127.0.0.1:9"))
    assert time.monotonic() - began < 10
    with pytest.raises(BadInput, match=r"nowhere: missing port number .* or local"):
        list(in_parallel(time.sleep, [(0,)], cluster="nowhere"))


def test_what_cannot_go_with_a_cluster_is_refused(tmp_path):
    (tmp_path / "paid.yaml").write_text(
        "seeds: [1]\ngrids: [{designs: [sqs], targets: [aws], items: [10]}]"
    )
    with pytest.raises(BadInput, match="--cluster: the study has runs on aws"):
        sweeping.sweep(tmp_path / "paid.yaml", tmp_path / "results", cluster="local")
    with pytest.raises(BadInput, match="processes=3: the cluster at tcp://a:1 has workers of its"):
        list(in_parallel(time.sleep, [(0,)], 3, "tcp://a:1"))


def test_without_dask_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "workbench.engine.cluster", raising=False)
    monkeypatch.delattr("workbench.engine.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInput, match=r"distributed is not installed: `pip install -e .\[cluster"):
        list(in_parallel(time.sleep, [(0,)], cluster="local"))


SLEEPING = """
import signal
import time
from workbench.engine.parallel import in_parallel
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell has it ignored
    for one in in_parallel(time.sleep, [(0.5,)] * 200, {processes}, {cluster!r}):
        print("ended", flush=True)
"""


def interrupted(tmp_path, processes, cluster):
    """Start tasks, and send Ctrl-C after the first: its process group, and what that said."""
    script = tmp_path / "script.py"
    script.write_text(SLEEPING.format(processes=processes, cluster=cluster))
    with subprocess.Popen(
        [sys.executable, str(script)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ended\n"
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=LONG_S)[1]
    return process.pid, said


def is_empty(group):
    """Whether no process of a group lives any more."""
    listing = subprocess.run(["ps", "-eo", "pgid,stat"], capture_output=True, text=True, check=True)
    pairs = [line.split() for line in listing.stdout.splitlines()[1:]]
    return not any(int(pgid) == group and not state.startswith("Z") for pgid, state in pairs)


def test_ctrl_c_cancels_what_is_queued_and_leaves_the_cluster(cluster, tmp_path):
    cluster.start_workers("one", "two")
    _, said = interrupted(tmp_path, None, cluster.address)
    assert said.count("Traceback") == said.count("KeyboardInterrupt") == 1
    with cluster.client() as client:
        wait_until(lambda: not any(client.processing().values()))
        assert len(client.nthreads()) == 2
    assert list(in_parallel(divmod, [(7, 2)], cluster=cluster.address)) == [(3, 1)]


def test_ctrl_c_ends_a_cluster_of_our_own(tmp_path):
    group, said = interrupted(tmp_path, 2, "local")
    assert said.count("Traceback") == said.count("KeyboardInterrupt") == 1
    wait_until(lambda: is_empty(group))


def test_a_local_cluster_does_the_same_as_processes():
    tasks = [(number, 7) for number in range(20)]
    assert list(in_order(divmod, tasks, 2, "local")) == list(in_order(divmod, tasks, 1))
