"""The target: one batch from its settings to its run folder, whatever happens on the way."""

import errno
import os
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.e2e.proxy import Late, Rule
from tests.workbench.targets.aws.conftest import TIMEOUTS
from workbench.bill import by_label, total_usd
from workbench.designs import make_design
from workbench.errors import BadInput, BudgetExceeded, NotDeployed, NotKept
from workbench.runs.batch import Batch
from workbench.runs.records import read_folder, read_run, write_folder
from workbench.runs.runner import RunRequest, run_request
from workbench.stacks.aws_errors import NoCredentials
from workbench.stacks.ledger import Entry, Ledger, order_of
from workbench.targets.aws import purge
from workbench.targets.aws.batches import OpenBatch
from workbench.targets.aws.settings import is_scheduled, with_schedule
from workbench.targets.aws.sqs import SqsBatches
from workbench.targets.aws.timeouts import Clock, Timeouts
from workbench.targets.base import Forecast

BATCH = Batch(100, 7, "b-1")


def ready(world, batch="b-1", **meta):
    """Let the batch be done by the time that it is looked at."""
    fields = {"status": "NOTIFIED", "items": 100, "detected_at": Decimal(int(world.clock.at + 60))}
    world.meta(batch, **(fields | meta))
    world.notify(batch, detected_at=world.clock.at + 60)
    world.evidence(batch, 100)


def run(world, watch=lambda now: None, design=None, batch=BATCH, **changes):
    return world.target(**changes).run(design or world.design, batch, watch)


def test_a_batch_is_triggered_followed_and_collected(sqs):
    ready(sqs)
    seen = []
    folder = run(sqs, seen.append)
    assert (folder.run.reason, folder.run.status) == ("", "complete")
    assert (folder.run.items_processed, folder.run.items_failed) == (100, 0)
    assert (folder.run.invocations, folder.run.peak_concurrency) == (1, 1)
    assert folder.run.detected_s > folder.run.processed_s > folder.run.created_s > 0
    assert (seen[-1].items_done, seen[-1].items) == (100, 100)
    assert Ledger(sqs.results).read("b-1").phase == "notified"


def test_work_that_is_repeated_after_the_end_is_billed_and_changes_no_time(sqs):
    ready(sqs)  # the batch is found complete at + 60
    late = {"batch_id": "b-1", "items_processed": 10, "last_done_at": sqs.clock.at + 70}
    sqs.log("Processor", late, "REPORT RequestId: 2\tBilled Duration: 100 ms")
    sqs.metric("AWS/Lambda", "Invocations", 1, FunctionName="Processor")
    sqs.log("Batcher", {"batch_id": "b-1", "items_created": 100, "created_at": sqs.clock.at + 65})
    made = run(sqs).run
    assert (made.reason, made.status) == ("", "complete")
    assert (made.items_processed, made.items_duplicated, made.invocations) == (100, 10, 2)
    assert made.created_s < made.processed_s < made.detected_s
    assert made.processed_s - made.created_s == 10


def test_what_our_own_look_costs_is_no_cost_of_the_batch(sqs):
    ready(sqs)
    run = read_run(
        run_request(RunRequest("sqs", "aws", 100, 7), sqs.results, print, "b-1", sqs.target())
    )
    folder = read_folder(sqs.results / "runs" / "b-1")
    sums = by_label(folder.bill)
    assert run.measuring_usd == float(sums["measuring"]) > 0
    assert run.cost_usd == float(total_usd(folder.bill) - sums["measuring"]) > 0


def test_failed_items_come_with_their_reasons(sqs):
    ready(sqs, items_failed=2)
    sqs.client("sqs").purge_queue(QueueUrl=sqs.outputs["NoticesQueueUrl"])
    sqs.notify("b-1", detected_at=sqs.clock.at + 60, items_failed=2)
    for item in ("00", "01"):
        record = {"pk": "failed#b-1", "sk": item, "reason": "KeyError: 'x'"}
        put = {name: {"S": text} for name, text in record.items()} | {"attempts": {"N": "3"}}
        sqs.client("dynamodb").put_item(TableName="state", Item=put)
    folder = run(sqs)
    assert (folder.run.items_processed, folder.run.items_failed) == (98, 2)
    assert folder.failures.to_dict("records") == [
        {"item": item, "items": 1, "reason": "KeyError: 'x'", "attempts": 3}
        for item in ("00", "01")
    ]


def test_a_list_of_failed_items_that_cannot_be_read_takes_no_run_along(sqs, refusing):
    sqs.meta("b-1", status="NOTIFIED", items=100, detected_at=Decimal(int(sqs.clock.at + 60)))
    sqs.notify("b-1", detected_at=sqs.clock.at + 60, items_failed=2)
    sqs.evidence("b-1", 100)
    refusing("Query", "AccessDeniedException", after=1)
    folder = run(sqs)
    assert (folder.run.status, folder.run.items_failed, folder.failures) == ("complete", 2, None)


def test_the_same_order_is_one_batch_until_it_is_collected(sqs):
    """A run that died is found again under its own id; once its folder is there, a new one runs."""
    ready(sqs)
    run(sqs)  # and the machine dies before the folder is written
    folder = run(sqs, batch=Batch(100, 7, "b-2"))
    assert (folder.run.run_id, folder.run.batch_id) == ("b-2", "b-1")
    write_folder(folder, sqs.results)
    ready(sqs, "b-3")
    assert run(sqs, batch=Batch(100, 7, "b-3")).run.batch_id == "b-3"
    assert Ledger(sqs.results).read("b-1").phase == "collected"


def full_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_batch_outlives_a_disk_that_is_full_at_its_end(sqs, monkeypatch):
    ready(sqs)
    order, quiet = RunRequest("sqs", "aws", 100, 7), lambda now: None
    with monkeypatch.context() as patched:
        patched.setattr("workbench.runs.runner.write_folder", full_disk)
        with pytest.raises(NotKept, match=r"No space left on device\. Make room there, then give"):
            run_request(order, sqs.results, quiet, "b-1", sqs.target())
    assert list((sqs.results / "runs").glob("*")) == []
    again = read_run(run_request(order, sqs.results, quiet, "b-2", sqs.target()))
    assert (again.run_id, again.batch_id, again.status) == ("b-2", "b-1", "complete")
    assert (again.items_processed, len(Ledger(sqs.results).entries())) == (100, 1)


def test_a_batch_outlives_a_disk_that_is_full_when_its_end_is_written_down(sqs, monkeypatch):
    ready(sqs)
    order, quiet, write = RunRequest("sqs", "aws", 100, 7), lambda now: None, Ledger.write

    def full_at_the_end(ledger, entry):
        return full_disk() if entry.phase == "notified" else write(ledger, entry)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "write", full_at_the_end)
        with pytest.raises(OSError, match="No space left on device"):
            run_request(order, sqs.results, quiet, "b-1", sqs.target())
    assert Ledger(sqs.results).read("b-1").phase == "triggered"
    again = read_run(run_request(order, sqs.results, quiet, "b-2", sqs.target()))
    assert (again.batch_id, again.status, again.items_processed) == ("b-1", "complete", 100)


def test_a_planned_batch_is_triggered_and_a_triggered_one_is_not(sqs):
    session = sqs.session
    order = order_of(sqs.design, BATCH, session.deployed.key)
    entry = Entry("b-0", order, "sqs", 100, 7, session.deployed.key, "us-east-1", {})
    invoked = []
    for phase in ("planned", "triggered"):
        Ledger(sqs.results).write(entry.at(phase, triggered_at=sqs.clock.at))
        ready(sqs, "b-0")
        target = sqs.target()
        session = target._session(sqs.design)
        target._session = lambda design, session=session: session
        folder = target.run(sqs.design, BATCH, lambda now: None)
        assert (folder.run.batch_id, folder.run.status) == ("b-0", "complete")
        invoked.append(session.aws.calls["lambda", "Invoke"])
    assert invoked == [1, 0]


def test_other_knobs_are_another_order(sqs):
    session = sqs.session
    other = make_design("sqs", settings={"memory_mb": 256})
    requests = {
        order_of(sqs.design, BATCH, session.deployed.key),
        order_of(other, BATCH, session.deployed.key),
        order_of(sqs.design, Batch(101, 7, "b-1"), session.deployed.key),
        order_of(sqs.design, Batch(100, 8, "b-1"), session.deployed.key),
        order_of(sqs.design, BATCH, "another stack"),
    }
    assert len(requests) == 5
    assert order_of(sqs.design, Batch(100, 7, "b-9"), session.deployed.key) in requests


def test_a_run_is_refused_while_another_batch_is_open(sqs):
    sqs.meta("cron-20261123T0600")
    with pytest.raises(BadInput, match="cron-20261123T0600 is OPEN on SqsBatchProcessing"):
        run(sqs)
    assert Ledger(sqs.results).entries() == []
    assert is_scheduled(sqs.session.settings().read())


def test_a_run_is_refused_while_a_stopped_batch_is_there(sqs):
    sqs.meta("b-0", status="CANCELLED")
    with pytest.raises(BadInput, match="`workbench resume b-0` or `workbench purge b-0` first"):
        run(sqs)


def test_a_stopped_execution_holds_its_stack_too(sfn):
    """No list of running executions has it; that it can be resumed, the ledger knows."""
    key = sfn.session.deployed.key
    entry = Entry("b-0", "order", "sfn", 100, 7, key, "us-east-1", {}, "stopped", sfn.clock.at)
    Ledger(sfn.results).write(entry)
    with pytest.raises(BadInput, match="`workbench resume b-0` or `workbench purge b-0` first"):
        run(sfn)
    session = sfn.session
    assert session.others(session.batches(), "b-1") == [OpenBatch("b-0", "CANCELLED")]
    Ledger(sfn.results).write(entry.at("purged"))
    sfn.notify("b-1")
    sfn.evidence("b-1", 100)
    assert run(sfn, lambda now: sfn.succeed("b-1")).run.status == "complete"


def test_a_run_is_refused_while_the_sources_are_off(sqs):
    sqs.session.settings().switch_sources(False)
    with pytest.raises(BadInput, match="the event sources of SqsBatchProcessing are off"):
        run(sqs)


def test_a_forecast_above_the_limit_starts_nothing(sqs):
    def forecast(design, items):
        return Forecast(Decimal("0.02") * items, 60.0)

    with pytest.raises(BudgetExceeded, match=r"the forecast is \$2.0000 and --max-usd is \$1"):
        run(sqs, forecast=forecast)
    assert Ledger(sqs.results).entries() == []


def test_a_batch_is_given_a_deadline_from_the_forecast(sqs):
    ready(sqs)
    said, asked = [], []
    trigger = SqsBatches.trigger
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqsBatches, "trigger", lambda *a: asked.append(a[-1]) or trigger(*a))
        run(sqs, say=said.append, forecast=lambda *_: Forecast(Decimal("0.1"), 1_000.0))
    assert asked == [4_000]
    assert "batch b-1 began; AWS itself stops it if it is not complete within 4,000 s" in said


LATE = "not complete within 900 s, its deadline"


@pytest.fixture(params=["sqs", "counters", "sfn"])
def past(request):
    """A batch that nobody followed, and that AWS stopped at its deadline."""
    world = request.getfixturevalue(request.param)
    if request.param == "sfn":
        world.client("stepfunctions").start_execution(
            stateMachineArn=world.outputs["StateMachineArn"], name="b-1"
        )
        world.end("b-1", "TIMED_OUT")
        world.evidence("b-0", 1)
    else:
        world.meta("b-1", items=100, status="CANCELLED", reason=LATE, created_at=1)
    session = world.session
    order = order_of(world.design, BATCH, session.deployed.key)
    began = Entry("b-1", order, world.design.name, 100, 7, session.deployed.key, "us-east-1", {})
    session.ledger.write(began.at("triggered", triggered_at=world.clock.at))
    return world


def test_a_batch_that_aws_stopped_at_its_deadline_ends_as_a_stopped_one(past):
    before = past.session.settings().read()
    past.notify("b-1", status="failed", reason="execution TIMED_OUT")
    folder = run(past)
    why = "the execution TIMED_OUT" if past.design.name == "sfn" else LATE
    assert folder.run.status == "incomplete"
    assert folder.run.reason.startswith(f"{why}: batch b-1 is stopped.")
    assert "`workbench resume b-1` or `workbench purge b-1`" in folder.run.reason
    session = past.session
    assert session.ledger.read("b-1").phase == "stopped"
    assert session.settings().read() == with_schedule(before, on=False)
    assert session.settings().sources_on() == (past.design.name == "sfn")  # which has none


def test_a_batch_that_its_deadline_stopped_unseen_holds_its_stack_until_it_is_purged(past):
    with pytest.raises(BadInput, match=r"b-1 is CANCELLED on .*`workbench resume b-1` or"):
        run(past, batch=Batch(50, 7, "b-2"))
    clock = Clock(past.clock.now, past.clock.sleep, trusted=True)
    assert "batch b-1 is given up" in purge("b-1", past.results, clock)
    session = past.session
    assert session.others(session.batches(), "b-2") == []


def test_a_batch_that_passes_the_limit_is_stopped(sqs):
    sqs.meta("b-1", items=100)
    before = sqs.session.settings().read()
    sqs.metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", 2e6, TableName="state")
    folder = run(sqs)
    assert folder.run.status == "incomplete"
    assert re.match(r"\$1.\d+ are spent by our meter and --max-usd is \$1", folder.run.reason)
    assert "`workbench resume b-1` or `workbench purge b-1`" in folder.run.reason
    session = sqs.session
    assert session.ledger.read("b-1").phase == "stopped"
    assert not session.settings().sources_on()
    after = session.settings().read()
    assert after == with_schedule(before, on=False) != before


def test_a_batch_without_a_notification_ends_in_time(sqs):
    """Its state says what is known, the settings are back, and the same order goes on later."""
    sqs.meta("b-1", items=100)
    before = sqs.session.settings().read()
    folder = run(sqs, timeout_s=60)
    assert folder.run.status == "incomplete"
    assert folder.run.reason.startswith("no notification within 60 s: the batch is open, about")
    assert sqs.session.settings().read() == before
    write_folder(folder, sqs.results)
    ready(sqs)
    again = run(sqs, batch=Batch(100, 7, "b-2"))
    assert (again.run.status, again.run.batch_id, again.run.run_id) == ("complete", "b-1", "b-2")


def test_the_state_tells_the_end_where_the_notice_was_lost(sqs):
    sqs.meta("b-1", status="NOTIFIED", items=100, detected_at=Decimal(int(sqs.clock.at + 9)))
    sqs.evidence("b-1", 100)
    assert run(sqs).run.status == "complete"


def test_a_batch_that_could_not_start_says_why(sqs):
    sqs.notify("b-1", status="not_started", reason="items 0 is not a whole number")
    sqs.evidence("b-0", 1)
    folder = run(sqs)
    assert folder.run.reason == "the batch not started: items 0 is not a whole number"
    assert Ledger(sqs.results).read("b-1").phase == "failed"


def test_a_complete_batch_whose_logs_are_late_can_be_collected_again(sqs):
    ready(sqs, "b-1")
    sqs.meta("b-1", status="NOTIFIED", items=200)
    folder = run(sqs, batch=Batch(200, 7, "b-1"))
    assert folder.run.status == "incomplete"
    assert "CloudWatch still lacks the log lines of 100 items" in folder.run.reason
    write_folder(folder, sqs.results)
    again = run(sqs, batch=Batch(200, 7, "b-2")).run
    assert (again.status, again.batch_id, again.items_processed) == ("complete", "b-1", 200)
    assert "never delivered the log lines of 100 items" in again.reason
    assert "the true cost may be higher" in again.reason


def test_metrics_that_come_ten_minutes_late_are_waited_for(sqs, proxy):
    """Until then every look sees the same half of them."""
    sqs.meta("b-1", status="NOTIFIED", items=200, detected_at=Decimal(int(sqs.clock.at + 200)))
    sqs.notify("b-1", detected_at=sqs.clock.at + 200)
    sqs.evidence("b-1", 100)
    sqs.clock.at += 180
    sqs.evidence("b-1", 100)
    sqs.clock.at -= 180
    proxy.now = lambda: sqs.clock.at
    proxy.rules = [Rule("monitoring.*", Late(600))]
    waits = Timeouts(settings_s=5, visibility_s=0, look_s=0, look_max_s=0, notification_s=0)
    folder = run(sqs, batch=Batch(200, 7, "b-1"), timeouts=waits)
    assert (folder.run.reason, folder.run.status) == ("", "complete")
    rows = folder.usage[folder.usage["usage_type"] == "WriteRequestUnits"]
    assert sum(rows["quantity"]) == 400
    assert proxy.made.count("monitoring.GetMetricData") < 20


def test_what_never_comes_is_waited_for_as_long_as_it_may_be_late(sqs, proxy):
    ready(sqs)
    began = sqs.clock.at
    proxy.now = lambda: sqs.clock.at
    proxy.rules = [Rule("monitoring.*", Late(9_999))]
    waits = Timeouts(settings_s=5, visibility_s=0, look_s=0, look_max_s=0, notification_s=0)
    folder = run(sqs, timeouts=waits)
    assert 900 <= sqs.clock.at - began < 1_200
    assert folder.run.status == "incomplete"
    for lacking in ("ConsumedWriteCapacityUnits of the table (0 of 200", "Invocations"):
        assert lacking in folder.run.reason


def test_idle_polls_after_the_end_are_not_the_batchs(sqs):
    ready(sqs)
    sqs.clock.at += 600
    sqs.metric("AWS/SQS", "NumberOfEmptyReceives", 1_000, QueueName="ItemQueue")
    sqs.clock.at -= 600
    folder = run(sqs, timeouts=replace(TIMEOUTS, metrics_s=900))
    assert folder.run.status == "complete"
    rows = folder.usage[folder.usage["label"] == "dispatch"]
    assert sum(rows.loc[rows["usage_type"] == "Requests-Tier1", "quantity"]) < 100


def test_an_item_that_died_without_a_log_line_makes_no_batch_incomplete(sqs):
    """One dead invocation: the notification and the batch's own records say what failed."""
    sqs.meta("b-1", status="NOTIFIED", items=200, items_failed=100)
    sqs.notify("b-1", items_failed=100, detected_at=sqs.clock.at + 60)
    sqs.evidence("b-1", 100)
    sqs.evidence("b-0", 100)  # what the other half cost, without its items
    folder = run(sqs, batch=Batch(200, 7, "b-1"))
    assert (folder.run.reason, folder.run.status) == ("", "complete")
    assert (folder.run.items_processed, folder.run.items_failed) == (100, 100)
    write_folder(folder, sqs.results)
    assert not Ledger(sqs.results).is_open("b-1")


def test_a_notification_that_the_state_does_not_back_is_not_believed(sqs):
    sqs.meta("b-1", items=100)
    sqs.notify("b-1", detected_at=sqs.clock.at)
    folder = run(sqs, timeout_s=60)
    assert folder.run.reason.startswith("no notification within 60 s: the batch is open")


def test_a_notification_that_comes_before_its_state_is_kept_until_then(sqs):
    sqs.meta("b-1", items=100)
    sqs.notify("b-1", detected_at=sqs.clock.at + 60)
    sqs.evidence("b-1", 100)
    looks = []

    def settle(now):
        looks.append(now)
        if len(looks) == 3:
            sqs.meta("b-1", status="NOTIFIED", items=100)

    folder = run(sqs, settle)
    assert (folder.run.status, len(looks)) == ("complete", 4)


@pytest.mark.parametrize(
    ("operation", "code", "words"),
    [
        ("ReceiveMessage", "ExpiredToken", "the credentials have expired. Log in again"),
        ("Invoke", "TooManyRequestsException", "was throttled 6 times"),
        ("UpdateFunctionConfiguration", "AccessDeniedException", "is not allowed"),
        ("FilterLogEvents", "ThrottlingException", "was throttled 6 times"),
    ],
)
def test_whatever_aws_refuses_ends_in_a_folder_that_says_so(sqs, refusing, operation, code, words):
    refusing(operation, code)
    ready(sqs)
    before = sqs.session.settings().read()
    design = make_design("sqs", settings={"memory_mb": 256})
    folder = run(sqs, design=design)
    assert folder.run.status == "incomplete"
    assert words in folder.run.reason
    assert "123456789012" not in folder.run.reason
    if operation != "UpdateFunctionConfiguration":
        assert sqs.session.settings().read() == before
    assert Ledger(sqs.results).read("b-1").phase in ("planned", "triggered", "notified")
    write_folder(folder, sqs.results)


def test_an_expired_token_leaves_the_settings_for_the_next_run(sqs, refusing, monkeypatch):
    ready(sqs)
    before = sqs.session.settings().read()
    design = make_design("sqs", settings={"memory_mb": 256})
    with monkeypatch.context():
        refusing("UpdateFunctionConfiguration", "ExpiredTokenException", after=1)
        folder = run(sqs, design=design)
    assert folder.run.status == "complete"
    assert sqs.session.ledger.settings(sqs.session.deployed.key) is not None
    monkeypatch.undo()
    monkeypatch.setenv("WORKBENCH_AWS_LACKS", "insights")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert sqs.session.settings().read() != before
    run(sqs, design=design, batch=Batch(100, 7, "b-1"))
    assert sqs.session.settings().read() == before


@pytest.mark.parametrize(
    ("answer", "phase"), [("s", "stopped"), ("l", "triggered"), ("", "triggered")]
)
def test_a_ctrl_c_asks_what_is_to_become_of_the_batch(sqs, answer, phase):
    sqs.meta("b-1", items=100)
    before, asked = sqs.session.settings().read(), []

    def interrupt(now):
        raise KeyboardInterrupt

    def ask(question):
        asked.append(question)
        return answer

    folder = run(sqs, interrupt, ask=ask)
    assert "[s]top it there, or [l]eave it running?" in asked[0]
    assert folder.run.status == "incomplete"
    said = "goes on running on AWS" if phase == "triggered" else "stopped by Ctrl-C"
    assert said in folder.run.reason
    assert Ledger(sqs.results).read("b-1").phase == phase
    assert sqs.session.settings().sources_on() == (phase == "triggered")
    after = sqs.session.settings().read()
    assert with_schedule(after, on=True) == before


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_REGION"])
def test_without_credentials_or_region_nothing_happens(sqs, monkeypatch, missing, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in (missing, missing.replace("_ID", ""), "AWS_SECRET_ACCESS_KEY"):
        if missing == "AWS_ACCESS_KEY_ID" or name == missing:
            monkeypatch.delenv(name, raising=False)
    if missing == "AWS_REGION":
        monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(NoCredentials) as caught:
        run(sqs)
    assert caught.value.exit_code == 2
    assert "Set AWS_" in str(caught.value)


def test_a_session_in_another_region_than_the_prices_is_refused(sqs, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(NotDeployed, match="the session is in eu-west-1 and the prices are of us-"):
        run(sqs)


def test_an_execution_that_fails_is_no_complete_batch(sfn):
    sfn.evidence("b-0", 1)
    sfn.notify("b-1", status="failed", reason="States.DataLimitExceeded")

    def end(now):
        machine = sfn.outputs["StateMachineArn"]
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:b-1"
        sfn.client("stepfunctions").stop_execution(executionArn=arn)

    folder = run(sfn, end)
    assert folder.run.status == "incomplete"
    assert folder.run.reason == "the execution ABORTED: States.DataLimitExceeded"
    assert Ledger(sfn.results).read("b-1").phase == "failed"


def test_an_old_failure_does_not_end_a_batch_that_was_resumed(sfn):
    sfn.evidence("b-0", 1)
    sfn.notify("b-1", status="failed", reason="execution ABORTED")
    folder = run(sfn, timeout_s=30)
    assert folder.run.reason.startswith("no notification within 30 s: the batch is open")


def test_the_deployed_stack_can_be_asked_about_its_runs(sqs):
    cloud = sqs.target().cloud("sqs")
    assert cloud.outputs["ProcessorName"] == "Processor"
    assert cloud.client("sqs") is cloud.client("sqs")
    assert (cloud.has_insights, cloud.late_s, cloud.triggered_at) == (False, 10, None)
