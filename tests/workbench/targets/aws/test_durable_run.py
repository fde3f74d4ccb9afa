"""A whole batch of durable on the target: moto has no executions, so a proxy answers for them."""

import json

import pytest

from tests.e2e.proxy import Answered, Rule
from tests.workbench.targets.aws.test_durable import arn, summary
from workbench.errors import BadInput
from workbench.runs.batch import Batch
from workbench.runs.records import write_folder
from workbench.stacks.ledger import Ledger
from workbench.targets.aws import purge, resume
from workbench.targets.aws.timeouts import Clock

BATCH = Batch(100, 7, "b-1")
LISTED = "lambda.ListDurableExecutionsByFunction"
FAILED = {"ErrorType": "ExecutionLimitExceeded", "ErrorMessage": "more than 3,000 operations"}


def seconds(found):
    """As the API writes times."""
    return {k: v.timestamp() if k.endswith("Timestamp") else v for k, v in found.items()}


@pytest.fixture
def execution(durable, proxy):
    """Lets the batch's execution be so; what it was asked for is in the proxy's calls."""

    for part in durable.design.parts.functions:
        durable.log(part.construct)

    def be(status, **more):
        named = seconds(summary("b-1", status))
        trigger = json.dumps({"batch_id": "b-1", "items": 100, "knobs": {}})
        proxy.rules = [
            Rule("lambda.Invoke", Answered({})),
            Rule(LISTED, Answered({"DurableExecutions": []}), of="Statuses="),
            Rule(LISTED, Answered({"DurableExecutions": [named]})),
            Rule("lambda.GetDurableExecution", Answered(named | {"InputPayload": trigger} | more)),
            Rule("lambda.GetDurableExecutionHistory", Answered({"Events": []})),
            Rule("lambda.StopDurableExecution", Answered({"StopTimestamp": 1})),
        ]

    return be


def run(world, watch=lambda now: None, batch=BATCH, **changes):
    return world.target(**changes).run(world.design, batch, watch)


def succeed(world, execution):
    """Let the batch be worked some time after its settings are in place."""
    execution("SUCCEEDED", EndTimestamp=world.clock.at + 90, Result="0")
    world.notify("b-1", detected_at=world.clock.at + 80)
    world.clock.at += 20
    world.evidence("b-1", 100)
    world.clock.at -= 20


def test_a_batch_is_started_by_its_name_followed_and_collected(durable, execution, proxy):
    before = durable.session.settings().read()
    succeed(durable, execution)
    folder = run(durable)
    assert (folder.run.reason, folder.run.status) == ("", "complete")
    assert (folder.run.items_processed, folder.run.items_failed) == (100, 0)
    assert folder.run.created_s is None  # nothing creates the items ahead of the work
    assert 0 < folder.run.processed_s < folder.run.detected_s
    kinds = set(folder.usage["usage_type"])
    assert {"Lambda-Durable-Execution-Operations", "Lambda-GB-Second-ARM"} <= kinds
    assert proxy.made.count("lambda.Invoke") == 1
    assert durable.session.settings().read() == before


def test_the_function_ends_a_batch_at_its_deadline(durable, execution):
    held = []
    succeed(durable, execution)
    run(durable, lambda now: held.append(durable.session.settings().read()["Orchestrator"]))
    assert held[0]["DurableConfig"]["ExecutionTimeout"] < 172_800


def test_an_execution_that_failed_ends_the_run_in_its_own_words(durable, execution):
    """With what the dead letters say, which is the trigger as it was sent."""
    execution("FAILED", EndTimestamp=1, Error=FAILED)
    trigger = durable.design.trigger("b-1", 100, 7)
    durable.client("sqs").send_message(
        QueueUrl=durable.outputs["NoticesQueueUrl"], MessageBody=json.dumps(trigger)
    )
    found = run(durable).run
    assert found.status == "incomplete"
    assert found.reason == (
        "the execution FAILED: ExecutionLimitExceeded: more than 3,000 operations. Lambda gave "
        "up on its trigger: the execution failed, timed out or was stopped"
    )
    assert Ledger(durable.results).read("b-1").phase == "failed"
    assert durable.session.others(durable.session.batches(), "b-2") == []


def test_a_batch_whose_order_died_is_followed_and_not_started_again(durable, execution, proxy):
    execution("RUNNING")
    left = run(durable, timeout_s=60).run
    assert "no notification within 60 s: the batch is open" in left.reason
    succeed(durable, execution)
    assert run(durable, batch=Batch(100, 7, "b-2")).run.batch_id == "b-1"
    assert proxy.made.count("lambda.Invoke") == 1


@pytest.fixture
def stopped(durable, execution):
    """A batch that Ctrl-C has stopped."""
    execution("RUNNING")

    def interrupt(now):
        execution("RUNNING")
        raise KeyboardInterrupt

    found = run(durable, interrupt, ask=lambda question: "stop").run
    execution("STOPPED", EndTimestamp=1)
    return found


def test_a_stop_says_that_nothing_can_go_on_and_a_purge_frees_the_stack(durable, stopped, proxy):
    assert stopped.reason.startswith("stopped by Ctrl-C: batch b-1 is stopped.")
    assert stopped.reason.endswith("The schedule stays off: `workbench purge b-1`")
    assert "lambda.StopDurableExecution" in proxy.made
    clock = Clock(durable.clock.now, durable.clock.sleep, trusted=True)
    with pytest.raises(BadInput, match="Lambda resumes no durable execution that was stopped"):
        resume("b-1", durable.results, clock)
    with pytest.raises(BadInput, match="batch b-1"):
        run(durable, batch=Batch(100, 8, "b-2"))
    assert "is given up" in purge("b-1", durable.results, clock)
    assert durable.session.others(durable.session.batches(), "b-2") == []


def test_a_second_batch_is_refused_while_a_segment_of_another_runs(durable, execution, proxy):
    execution("RUNNING")
    other = seconds(summary("s-1"))
    proxy.rules = [Rule(LISTED, Answered({"DurableExecutions": [other]})), *proxy.rules]
    with pytest.raises(BadInput, match="b-1"):
        run(durable, batch=Batch(100, 8, "b-2"))
    assert "lambda.Invoke" not in proxy.made


def test_a_bill_that_comes_when_lambda_has_forgotten_the_execution_is_renewed(
    durable, execution, proxy
):
    succeed(durable, execution)
    before = run(durable)
    write_folder(before, durable.results)
    proxy.rules = [Rule(LISTED, Answered({"DurableExecutions": []}))]
    after = durable.target().bill_again(before)
    assert (after.run.status, after.run.detected_s) == ("complete", before.run.detected_s)
    assert arn("b-1") not in str(after)
