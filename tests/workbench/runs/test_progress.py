"""Progress goes by the wall clock, and its dollars say whose they are."""

import pytest

from workbench.cli import app as cli
from workbench.runs.progress import Pace, clock_time, progress_bar
from workbench.runs.runner import RunRequest, run_request
from workbench.targets import dollars_by_target
from workbench.targets.base import Progress


def test_rate_and_time_left_go_by_the_wall_clock_and_not_by_the_batch_s_own():
    now_s = iter([0.0, 10.0, 12.0]).__next__
    pace = Pace("local", now_s)
    pace.note(Progress(100, 1_000, elapsed_s=3_600.0))  # a batch gone on with: no rate yet
    assert pace.line() == "100/1,000 items"
    pace.note(Progress(500, 1_000, elapsed_s=7_200.0, cost_usd=0.01234))
    assert pace.line() == "500/1,000 items  200 items/s  2.5 s left  $0.0123 simulated so far"
    assert pace.final() == "500 items in 12 s, 42 items/s, $0.0123 simulated, $0 spent"


def test_nothing_is_said_before_anything_is_known():
    assert Pace("aws").line() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4.24, "4.2 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7_500, "2 h 05 min"),
    ],
)
def test_a_time_reads_as_one_says_it(seconds, text):
    assert clock_time(seconds) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ({"local": 7_863.851}, "$7,863.85 simulated, $0 spent"),
        ({"model": 0.00461, "local": 0.0}, "$0.0046 modelled, $0 simulated, $0 spent"),
        ({"aws": 0.5, "model": 0.00001}, "<$0.0001 modelled, $0.5000 spent"),
        ({}, "$0 spent"),
    ],
)
def test_only_dollars_of_aws_are_called_spent(usd, text):
    assert dollars_by_target(usd) == text


def test_a_good_run_leaves_one_line_with_its_whole_bill(tmp_path, capsys):
    with progress_bar("sqs", "model") as watch:
        run_request(RunRequest("sqs", "model", 1_000), tmp_path, watch)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("1,000 items in ")
    assert line.endswith(" modelled, $0 spent")


def test_in_a_notebook_a_widget_moves_and_one_line_stays(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("workbench.runs.progress._in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    with progress_bar("sqs", "local") as watch:
        watch(Progress(5, 10, 1.0, cost_usd=0.5))
        bar, words = shown[0].children
        assert (bar.description, bar.value, bar.max) == ("sqs on local", 5, 10)
        assert words.value == "5/10 items  $0.5000 simulated so far"
    assert (bar.comm, words.comm) == (None, None)
    assert capsys.readouterr().out.endswith(" items/s, $0.5000 simulated, $0 spent\n")


def test_a_run_that_breaks_leaves_no_line(capsys):
    def run():
        with progress_bar("sqs", "model") as watch:
            watch(Progress(1, 2, 1.0))
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run()
    assert capsys.readouterr().err == ""


def test_a_local_run_that_will_take_minutes_says_so_first(monkeypatch, tmp_path, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.runs.runner.run_request", stop)
    words = "workbench run --design sqs --items 1000000 --no-forecast --results"
    monkeypatch.setattr("sys.argv", [*words.split(), str(tmp_path)])
    with pytest.raises((SystemExit, KeyboardInterrupt)):
        cli.main()
    told = "1,000,000 items on local take roughly 2 min here"
    assert capsys.readouterr().err.startswith(told)
