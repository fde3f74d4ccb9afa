"""A run that was collected too early is collected again later, and its bill renewed."""

from dataclasses import replace

import pytest

from tests.e2e.proxy import Late, Rule
from tests.workbench.targets.aws.test_target import ready
from workbench.cli.run import collect
from workbench.errors import BadInput, PullFailed
from workbench.runs.records import read_folder, read_run
from workbench.runs.runner import RunRequest, run_request
from workbench.stacks.ledger import Ledger

ORDER = RunRequest("sqs", "aws", 100, 7)


@pytest.fixture
def patient(monkeypatch):
    """Makes `workbench collect` take a world's own target, whose cloud is not waited for."""

    class Target:
        name = "aws"

        def __init__(self, target):
            self.bill_again, self._cloud = target.bill_again, target.cloud

        def cloud(self, design):
            return replace(self._cloud(design), late_s=0)

    def take(world):
        monkeypatch.setattr("workbench.runs.runner.make_target", lambda *_: Target(world.target()))

    return take


def early(world, proxy):
    """A run whose metrics were not there yet as it was collected."""
    ready(world)
    proxy.now = lambda: world.clock.at
    proxy.rules = [Rule("monitoring.*", Late(600))]
    path = run_request(ORDER, world.results, lambda now: None, "b-1", world.target())
    (path / "benchmark.ipynb").write_text("{}")
    return path


def test_a_run_that_was_collected_too_early_is_billed_again(sqs, proxy, patient, capsys):
    path = early(sqs, proxy)
    before = read_folder(path)
    assert before.run.status == "incomplete"
    assert "CloudWatch still lacks" in before.run.reason
    sqs.clock.at += 1_200
    patient(sqs)
    with pytest.raises(PullFailed, match=r"it was not asked\. Collect again"):
        collect([str(path)])
    after = read_folder(path)
    assert (after.run.status, after.run.reason) == ("complete", "")
    assert (after.run.run_id, after.run.batch_id) == ("b-1", "b-1")
    assert f"b-1: ${before.run.cost_usd:.6f}, billed again ${after.run.cost_usd:.6f}, complete" in (
        capsys.readouterr().out
    )
    rows = after.usage[after.usage["usage_type"] == "WriteRequestUnits"]
    assert sum(rows["quantity"]) == 200
    assert float(sum(after.bill["cost_usd"])) == pytest.approx(
        after.run.cost_usd + after.run.measuring_usd
    )
    looks = [one.timeline[one.timeline["metric"] == "items_done"] for one in (before, after)]
    assert list(looks[0]["value"]) == list(looks[1]["value"]) != []
    asked = [one.usage.set_index("usage_type")["quantity"] for one in (before, after)]
    assert asked[1]["CW:GMD-Metrics"] > asked[0]["CW:GMD-Metrics"] > 0  # both looks are paid
    assert (path / "benchmark.ipynb").is_file()
    assert not Ledger(sqs.results).is_open("b-1")


def test_a_bill_is_not_renewed_by_less_than_there_was(sqs, proxy):
    """CloudWatch forgets minutes after 15 days."""
    ready(sqs)
    path = run_request(ORDER, sqs.results, lambda now: None, "b-1", sqs.target())
    before = read_folder(path)
    assert before.run.status == "complete"
    proxy.now = lambda: sqs.clock.at
    proxy.rules = [Rule("monitoring.*", Late(9_999_999))]
    with pytest.raises(PullFailed, match="CloudWatch has less of b-1 than when it was billed"):
        sqs.target().bill_again(before)


def test_a_batch_that_did_not_end_well_is_not_billed_again(sqs):
    sqs.meta("b-1", items=100)
    path = run_request(ORDER, sqs.results, lambda now: None, "b-1", sqs.target(timeout_s=60))
    assert read_run(path).status == "incomplete"
    with pytest.raises(BadInput, match="its batch b-1 is not known as complete"):
        sqs.target().bill_again(read_folder(path))
