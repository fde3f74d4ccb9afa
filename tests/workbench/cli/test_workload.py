"""`workbench workload`: what was read, the samples beside their table, the knobs as arguments."""

import json

import numpy as np

from workbench.project import WORKLOADS


def test_the_default_workload_is_the_designs_own_knob(command):
    code, out, _ = command("workload", WORKLOADS / "seed.yaml")
    assert code == 0
    assert out.splitlines()[-1] == "--set value_max=1000"
    assert out.splitlines()[:2] == [
        "items       1,000,000",
        "duration    uniform, 0 to 1,000 ms",
    ]


def test_measured_durations_stand_beside_what_the_table_makes_of_them(command, tmp_path):
    times = np.random.default_rng(3).lognormal(6, 1, 5_000)
    (tmp_path / "ms.csv").write_text("\n".join(map(str, times)))
    path = tmp_path / "mine.yaml"
    path.write_text("items: 5\nduration: {file: ms.csv}\n")
    _, out, _ = command("workload", path)
    assert [row in out for row in ("the samples", "what items take", "difference")] == [True] * 3
    _, out, _ = command("workload", path, "--json")
    told = json.loads(out)["duration"]
    assert told["measured_ms"]["mean"] == float(times.mean())
    assert abs(told["difference_percent"]["mean"]) < 0.01
    assert abs(told["difference_percent"]["p99"]) < 2


def test_a_wrong_file_is_one_line_with_exit_code_2(command, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("items: 5\n")
    code, out, err = command("workload", path)
    assert (code, out) == (2, "")
    assert (
        err
        == "error: mine.yaml: lacks 'duration'. See `workloads/seed.yaml` for a file that has it.\n"
    )
