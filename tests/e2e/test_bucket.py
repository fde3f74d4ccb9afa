"""A sweep into a bucket of a server: killed, gone on with, and asked as the page on it shows."""

import io
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from tests.test_many_runs import asked_of
from workbench.stacks.aws_clients import Aws
from workbench.sweep.bucket import Bucket

pytestmark = pytest.mark.e2e

STUDY = """
seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
grids: [{designs: [sqs, sfn, counters], items: [100, 10000], knobs: {value_max: [100, 500]}}]
"""
RUNS = 10 * 3 * 2 * 2
SCRIPT = """
import sys
import time
from pathlib import Path

from workbench.sweep import sweeping
from workbench.sweep.bucket import Bucket

sweeping.PART_RUNS, sweeping.ALONE_S = 6, 0
write = Bucket.write


def slowly(*given):
    time.sleep(0.05)  # so that whoever kills it finds it at work
    write(*given)


Bucket.write = slowly
if __name__ == "__main__":
    sweeping.sweep(Path(sys.argv[1]), Bucket(sys.argv[2]), processes=2)
"""


def test_a_sweep_into_a_bucket_is_killed_goes_on_and_is_asked(at_server, tmp_path):
    client, address = Aws().client("s3"), "s3://sweeps/mine"
    client.create_bucket(Bucket="sweeps")
    (tmp_path / "mine.yaml").write_text(STUDY)
    (tmp_path / "script.py").write_text(SCRIPT)
    script = [sys.executable, tmp_path / "script.py", tmp_path / "mine.yaml", address]
    with subprocess.Popen(script) as swept:
        while len(Bucket(address).names()) < 3 and swept.poll() is None:
            time.sleep(0.01)
        assert swept.poll() is None, "it was to be killed while it ran"
        swept.send_signal(signal.SIGKILL)
    before = len(Bucket(address).names())
    command = [sys.executable, "-m", "workbench", "sweep", tmp_path / "mine.yaml"]
    told = subprocess.run(
        [*command, "--results", address], check=True, capture_output=True, text=True
    )
    assert f"{RUNS - 6 * before} runs, {6 * before} were there already" in told.stderr
    assert told.stdout == f"{address}/studies/mine.parquet\n"
    body = client.get_object(Bucket="sweeps", Key="mine/studies/mine.parquet")["Body"].read()
    table = pd.read_parquet(io.BytesIO(body))
    assert (len(table), table["run_id"].nunique()) == (RUNS, RUNS)
    large = table[table["items"] == 10_000].groupby("design")["detected_s"].mean()
    found = asked_of(address)["known_s"].to_pandas().set_index("design")["detected_s_mean"]
    assert found.sort_index().to_dict() == pytest.approx(large.to_dict())
