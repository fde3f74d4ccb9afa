"""Judges: what hangs is caught, what is sound is not, and the sources stay as they are."""

import pytest

from tests.mutants.judging import TIMED_OUT, Judges
from tests.mutants.mutants import ROOT, Mutant

FILE = "lambdas/counters/batches.py"
START = "record = table.read(table.batch_key(batch), consistent)"


@pytest.fixture(scope="module")
def judges(tmp_path_factory):
    made = Judges(tmp_path_factory.mktemp("home"), runs=2, cpu_max_s=30)
    yield made
    made.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("becomes", "by_tests", "by_swarm"),
    [
        ("while True:\n    pass", f"tests: {TIMED_OUT}", f"counters: {TIMED_OUT}"),
        ("return None", "test_batcher.py::", "counters 0 ("),
        (f"{START}\nconsistent = None", "", ""),
    ],
)
def test_a_mutant_is_judged_in_a_copy(judges, becomes, by_tests, by_swarm):
    before = (ROOT / FILE).read_bytes()
    verdict = judges.judge(Mutant("counters", FILE, "one", START, becomes, "it is tried"))
    assert verdict.by_tests.startswith(by_tests)
    assert verdict.by_swarm.startswith(by_swarm)
    assert (bool(verdict.by_tests), bool(verdict.by_swarm)) == (bool(by_tests), bool(by_swarm))
    assert (ROOT / FILE).read_bytes() == before
