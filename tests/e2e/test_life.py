"""The whole life of the stacks on an AWS-compatible server: deploy, run, look, destroy.

The tests stand in the order of that life; the last one takes everything down.
"""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.proxy import Lose, Proxy, Rule, to_server
from workbench.designs import DESIGNS
from workbench.errors import BadInput
from workbench.runs.batch import draw
from workbench.runs.records import read_failed, read_folder, read_run
from workbench.runs.runner import RunRequest, run_request
from workbench.stacks.aws_clients import Aws
from workbench.stacks.deploy import Deployment, deploy
from workbench.stacks.deployed import find_stack
from workbench.stacks.destroy import destroy, teardown_plan
from workbench.stacks.inventory import inventory
from workbench.stacks.ledger import Ledger
from workbench.study import run_notebook
from workbench.targets.aws import AwsOptions, AwsTarget, purge, resume
from workbench.targets.aws.session import StackSession
from workbench.targets.aws.settings import is_scheduled
from workbench.targets.aws.timeouts import SERVER_TIMEOUTS, Clock
from workbench.workload.durations import Uniform

pytestmark = pytest.mark.e2e

ITEMS, SEED = 300, 7
SETTINGS = {
    "sqs": {"value_max": 20, "poll_s": 2},
    "sfn": {"value_max": 20},
    "counters": {"value_max": 20, "poll_s": 2},
    "durable": {
        "value_max": 20,
        "items_per_chunk": 30,
        "chunks_per_segment": 5,
        "max_concurrency": 50,
    },
}
QUEUED = [name for name, design in DESIGNS.items() if design.parts.sources]
OPERATIONS = "Lambda-Durable-Execution-Operations"
SECRETS = re.compile("123456789012|AKIA|AWS_SECRET")


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def deployed(at_server):
    """Every stack, deployed by the CDK command line; what was said and put out."""
    said = []
    plan = Deployment(knobs=SETTINGS, notify="someone@example.com", bootstrap=True)
    outputs = deploy(plan, said.append, monthly_usd=lambda design, plan: Decimal("1.23"))
    return outputs, said


@pytest.fixture(scope="session")
def runs(deployed, results, at_server):
    """The benchmark notebook of each design, with the server's tally of what was done for it."""
    found = {}
    for name, settings in SETTINGS.items():
        before = at_server.tally()
        path = run_notebook(RunRequest(name, "aws", ITEMS, SEED, settings=settings), results)
        found[name] = read_folder(path), before, at_server.tally()
    return found


@pytest.fixture(scope="session")
def local():
    """The same batches on the local target, which must not see the server's address."""
    script = str(Path(__file__).with_name("local_side.py"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, script, str(ITEMS), str(SEED), json.dumps(SETTINGS)]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


# The server empties a queue at once.
SHORT_SLEEPS = Clock(sleep=lambda seconds: time.sleep(min(seconds, 2)))


def target_at(results, **changes):
    return AwsTarget(AwsOptions(results=results, say=lambda _: None, **changes))


def session_of(design, results):
    aws = Aws()
    return StackSession(aws, find_stack(aws, design), Ledger(results), Clock(), SERVER_TIMEOUTS)


def since(before, after):
    """What a tally counted in between, of numbers by name."""
    return {name: count - before.get(name, 0) for name, count in after.items()}


def by_part(counts, *parts):
    return {part: sum(n for name, n in counts.items() if part in name) for part in parts}


def used(folder, service, usage_type):
    rows = folder.usage
    rows = rows[(rows["service"] == service) & (rows["usage_type"] == usage_type)]
    return sum(rows["quantity"])


def looks_written(name, batch_id):
    """How often a look of the finalizer wrote that it did: that depends on the time."""
    session = session_of(name, Path())
    answer = session.aws.client("dynamodb").get_item(
        TableName=session.deployed.outputs["StateTableName"],
        Key={"pk": {"S": f"batch#{batch_id}"}, "sk": {"S": "META"}},
    )
    return int(answer["Item"].get("hop", {"N": "0"})["N"])


def test_a_deployment_shows_the_differences_and_the_cost_before_it_works(deployed):
    _, said = deployed
    text = "\n".join(said)
    assert text.index("[+] AWS::SQS::Queue") < text.index("about $1.23 a month")
    assert text.index("about $1.23 a month") < text.index("SqsBatchProcessing: creating")


def test_a_deployment_says_nothing_of_accounts(deployed):
    outputs, said = deployed
    assert SECRETS.findall(json.dumps(outputs) + "\n".join(said)) == []
    assert set(outputs) == {design.stack for design in DESIGNS.values()}


def test_somebody_is_subscribed_to_every_topic(deployed):
    sns, addresses = Aws().client("sns"), []
    for name in DESIGNS:
        topic = find_stack(Aws(), name).outputs["TopicArn"]
        found = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        addresses += [one["Endpoint"] for one in found if one["Protocol"] == "email"]
    assert addresses == ["someone@example.com"] * len(DESIGNS)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_batch_is_complete_and_counted(runs, name):
    run = runs[name][0].run
    assert (run.status, run.reason) == ("complete", "")
    assert (run.items_processed, run.items_failed, run.items_duplicated) == (ITEMS, 0, 0)
    created_s = 0.001 if name == "durable" else run.created_s  # nothing creates items ahead of work
    assert 0 < created_s <= run.processed_s <= run.detected_s < 60


@pytest.mark.parametrize("name", DESIGNS)
def test_every_target_did_the_same(runs, local, name):
    folder, before, after = runs[name]
    counted = {
        "status": folder.run.status,
        "items": [ITEMS, 0, 0],
        "published": float(used(folder, "Amazon Simple Notification Service", "Requests-Tier1")),
    }
    if name in QUEUED:
        written = float(used(folder, "Amazon DynamoDB", "WriteRequestUnits"))
        counted["write_units"] = written - looks_written(name, folder.run.batch_id)
        counted["sent"] = by_part(since(before["sent"], after["sent"]), "PlanQueue", "ItemQueue")
    elif name == "durable":
        counted["operations"] = float(used(folder, "AWS Lambda", OPERATIONS))
        counted["chunks"] = folder.run.invocations
        counted["claims"] = float(used(folder, "Amazon Simple Storage Service", "Requests-Tier1"))
    else:
        counted["children"] = float(used(folder, "AWS Step Functions", "StepFunctions-Request"))
        counted["transitions"] = float(used(folder, "AWS Step Functions", "StateTransition"))
    assert counted == local[name]


def test_every_item_of_sqs_was_put_once_and_deleted_once(runs):
    folder, _, tally = runs["sqs"]
    z, values = draw(SEED, 0, ITEMS, Uniform(SETTINGS["sqs"]["value_max"]))
    drawn = {f"{one:016x}": value for one, value in zip(z.tolist(), values.tolist(), strict=True)}
    batch = folder.run.batch_id
    assert tally["values"][batch] == drawn
    assert tally["puts"][batch] == {"batch": 1, "open": 1, "segments": 1, "items": ITEMS}
    assert tally["deletes"][batch] == {"open": 1, "segments": 1, "items": ITEMS}


@pytest.mark.parametrize("name", QUEUED)
def test_a_trigger_whose_answer_is_lost_makes_one_batch(
    deployed, local, results, at_server, monkeypatch, name
):
    """The batcher is invoked twice, for the same batch, and its work is done once, as on local.

    Each trigger starts polls of its own, so two may see the end: it is notified at least once.
    """
    before, rules = at_server.tally(), [Rule("lambda.Invoke", Lose(), times=1)]
    with Proxy(to_server(os.environ["AWS_ENDPOINT_URL"]), rules) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        request = RunRequest(name, "aws", ITEMS, SEED, settings=SETTINGS[name])
        target = target_at(results)
        folder = read_folder(run_request(request, results, lambda _: None, target=target))
        opened = session_of(name, results).others(session_of(name, results).batches(), "none")
    after, run = at_server.tally(), folder.run
    assert proxy.made.count("lambda.Invoke") == 2
    assert (run.reason, run.batch_id) == ("", run.run_id)
    assert [run.status, [run.items_processed, run.items_failed]] == [
        local[name]["status"],
        local[name]["items"][:2],
    ]
    published = sum(since(before["published"], after["published"]).values())
    assert local[name]["published"] <= published <= 2
    assert after["puts"].keys() - before["puts"].keys() == {run.batch_id}
    assert after["puts"][run.batch_id]["batch"] == 1
    assert opened == []
    if "items" in after["puts"][run.batch_id]:  # a design with a record an item
        assert [after[what][run.batch_id]["items"] for what in ("puts", "deletes")] == [ITEMS] * 2


def test_every_item_of_sfn_lies_in_the_bucket(runs):
    folder = runs["sfn"][0]
    session = session_of("sfn", Path())
    s3, bucket = session.aws.client("s3"), session.deployed.outputs["BucketName"]
    key = f"batches/{folder.run.batch_id}/items/000000.jsonl"
    lines = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()
    z, values = draw(SEED, 0, ITEMS, Uniform(SETTINGS["sfn"]["value_max"]))
    drawn = [
        {"id": f"{one:016x}", "value": value}
        for one, value in zip(z.tolist(), values.tolist(), strict=True)
    ]
    assert [json.loads(line) for line in lines] == drawn


@pytest.mark.parametrize("name", DESIGNS)
def test_a_run_folder_says_nothing_of_accounts(runs, results, name):
    path = results / "runs" / runs[name][0].run.run_id
    tables = {one.stem: pd.read_parquet(one).to_csv() for one in path.glob("*.parquet")}
    texts = [path / "run.json", path / "benchmark.ipynb", *(results / "ledger").glob("*.json")]
    assert tables.keys() == {"timeline", "usage", "resources", "bill"}
    assert SECRETS.findall("\n".join([*tables.values(), *(one.read_text() for one in texts)])) == []


@pytest.mark.parametrize("name", DESIGNS)
def test_the_settings_of_a_run_are_put_back(runs, results, name):
    session = session_of(name, results)
    before = session.settings().read()
    changed = {"memory_mb": 256, "item_concurrency": 2, "batcher_memory_mb": 512}
    if name in QUEUED:
        changed |= {"messages_per_invocation": 5, "max_concurrency": 20}
    if name == "sqs":
        changed |= {"batch_window_s": 1}
    seen = []

    def watch(_):
        seen.append(session.settings().read())

    request = RunRequest(name, "aws", 50, SEED, settings=SETTINGS[name] | changed)
    path = run_request(request, results, watch, target=target_at(results))
    assert read_folder(path).run.status == "complete"
    assert seen[0]["Processor"]["MemorySize"] == 256
    assert not is_scheduled(seen[0])
    assert session.settings().read() == before
    assert is_scheduled(before)


@pytest.mark.parametrize("name", QUEUED)
def test_a_batch_stopped_on_dollars_waits_and_can_go_on(runs, results, name):
    """The source stays off after the stop; a resume lets the batch end, the same order finds it."""
    settings = SETTINGS[name] | {"value_max": 200, "messages_per_invocation": 1}
    request = RunRequest(name, "aws", 200, SEED, settings=settings | {"max_concurrency": 2})
    often = replace(SERVER_TIMEOUTS, meter_s=0.5)
    dear = target_at(results, timeouts=often, max_usd=Decimal("0.0045"))
    stopped = read_folder(run_request(request, results, lambda _: None, target=dear)).run
    session = session_of(name, results)
    assert stopped.status == "incomplete"
    assert "are spent by our meter and --max-usd is $0.0045" in stopped.reason
    assert stopped.items_processed < 200
    assert not session.settings().sources_on()
    assert not is_scheduled(session.settings().read())
    with pytest.raises(BadInput, match="was stopped"):
        run_request(request, results, lambda _: None, target=target_at(results))
    assert "goes on" in resume(stopped.batch_id, results, SHORT_SLEEPS)
    assert session.settings().sources_on()
    assert is_scheduled(session.settings().read())
    done = read_folder(run_request(request, results, lambda _: None, target=target_at(results))).run
    assert (done.status, done.batch_id) == ("complete", stopped.batch_id)
    assert done.run_id != stopped.run_id
    assert done.items_processed == 200


@pytest.mark.parametrize("name", QUEUED)
def test_a_batch_that_is_late_is_stopped_by_its_own_finalizer(runs, results, name, monkeypatch):
    """It notifies; whoever follows it switches the sources off, and a purge frees the stack."""
    monkeypatch.setattr("workbench.targets.aws.run.deadline_s", lambda *_: 3)
    settings = SETTINGS[name] | {"value_max": 200, "messages_per_invocation": 1}
    request = RunRequest(name, "aws", 150, SEED, settings=settings | {"max_concurrency": 2})
    late = read_folder(run_request(request, results, lambda _: None, target=target_at(results))).run
    assert late.status == "incomplete"
    why = f"not complete within 3 s, its deadline: batch {late.batch_id} is stopped."
    assert late.reason.startswith(why)
    assert not session_of(name, results).settings().sources_on()
    assert "is given up" in purge(late.batch_id, results, SHORT_SLEEPS)
    assert session_of(name, results).settings().sources_on()


@pytest.mark.parametrize("name", QUEUED)
def test_a_stopped_batch_can_be_given_up(runs, results, name):
    """A Ctrl-C stops it, a purge takes its messages and records away, and the stack is free."""
    settings = SETTINGS[name] | {"value_max": 200, "messages_per_invocation": 1}
    request = RunRequest(name, "aws", 100, SEED, settings=settings | {"max_concurrency": 2})

    def interrupt(now):
        if now.elapsed_s > 2:
            raise KeyboardInterrupt

    target = target_at(results, ask=lambda question: "s")
    stopped = read_folder(run_request(request, results, interrupt, target=target)).run
    assert "stopped by Ctrl-C" in stopped.reason
    assert "is given up" in purge(stopped.batch_id, results, SHORT_SLEEPS)
    session = session_of(name, results)
    table = session.deployed.outputs["StateTableName"]
    left = session.aws.client("dynamodb").scan(TableName=table)["Items"]
    partitions = {one["pk"]["S"] for one in left if stopped.batch_id in json.dumps(one)}
    expiring = {one for one in partitions if one.startswith("done#")}
    assert partitions - expiring == {f"batch#{stopped.batch_id}"}
    assert session.settings().sources_on()
    again = read_folder(
        run_request(request, results, lambda _: None, target=target_at(results))
    ).run
    assert again.batch_id != stopped.batch_id
    assert again.status == "complete"


def durable_request(items=ITEMS, **more):
    return RunRequest("durable", "aws", items, SEED, settings=SETTINGS["durable"] | more)


def durable_executions(**asked):
    """Executions of every version of the orchestrator."""
    session = session_of("durable", Path())
    return list(session.batches()._listed(**asked))


def test_a_durable_batch_whose_triggers_answer_is_lost_is_one_execution(
    deployed, results, monkeypatch
):
    rules = [Rule("lambda.Invoke", Lose(), times=1)]
    with Proxy(to_server(os.environ["AWS_ENDPOINT_URL"]), rules) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        path = run_request(durable_request(), results, lambda _: None, target=target_at(results))
        run = read_folder(path).run
        named = durable_executions(DurableExecutionName=run.batch_id)
    assert proxy.made.count("lambda.Invoke") == 2
    assert (run.status, run.reason, run.items_processed) == ("complete", "", ITEMS)
    assert [one["Status"] for one in named] == ["SUCCEEDED"]


def test_the_failed_items_of_a_durable_batch_are_listed(runs, results):
    request = durable_request(poison_per_million=20_000)
    path = run_request(request, results, lambda _: None, target=target_at(results))
    run, failures = read_run(path), read_failed(path)
    assert (run.status, run.items_processed + run.items_failed) == ("complete", ITEMS)
    assert (run.items_failed, run.items_duplicated) == (len(failures), 0)
    assert set(failures["attempts"]) == {3}


def test_a_durable_batch_that_is_late_times_out_and_says_so(runs, results, monkeypatch):
    """The dead letters give its trigger back, which is read as a failure."""
    monkeypatch.setattr("workbench.targets.aws.run.deadline_s", lambda *_: 3)
    request = durable_request(value_max=2_000, max_concurrency=2)
    late = read_folder(run_request(request, results, lambda _: None, target=target_at(results))).run
    assert late.status == "incomplete"
    assert late.reason.startswith("the execution TIMED_OUT: DurableExecutionTimedOut")
    assert Ledger(results).read(late.batch_id).phase == "failed"


def test_a_stopped_durable_batch_leaves_nothing_running_and_frees_the_stack(runs, results):
    """It cannot go on, says so, and after a purge the same order is a new batch."""

    def interrupt(now):
        if now.elapsed_s > 4:
            raise KeyboardInterrupt

    target, slow = target_at(results, ask=lambda _: "s"), {"value_max": 500, "max_concurrency": 10}
    request = durable_request(**slow)
    stopped = read_folder(run_request(request, results, interrupt, target=target)).run
    assert "stopped by Ctrl-C" in stopped.reason
    assert stopped.reason.endswith(f"The schedule stays off: `workbench purge {stopped.batch_id}`")
    assert durable_executions(Statuses=["RUNNING"]) == []
    with pytest.raises(BadInput, match="Lambda resumes no durable execution that was stopped"):
        resume(stopped.batch_id, results, SHORT_SLEEPS)
    with pytest.raises(BadInput, match="was stopped"):
        run_request(request, results, lambda _: None, target=target_at(results))
    assert "is given up" in purge(stopped.batch_id, results, SHORT_SLEEPS)
    done = read_folder(run_request(request, results, lambda _: None, target=target_at(results))).run
    assert (done.status, done.items_processed) == ("complete", ITEMS)
    assert done.batch_id != stopped.batch_id


def test_everything_is_removed_and_proven_to_be(runs, results):
    there = inventory(Aws())
    assert {one.type for one in there} >= {
        "AWS::CloudFormation::Stack",
        "AWS::DynamoDB::Table",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::StepFunctions::StateMachine",
    }
    assert [str(one.thing) for one in teardown_plan() if one.monthly_usd > Decimal("0.05")] != []
    said = []
    [machine] = [one.name for one in there if one.type == "AWS::StepFunctions::StateMachine"]
    assert "SfnBatchProcessing" not in machine  # as CloudFormation names it
    before = destroy(results, said.append)
    assert before == there
    # The server drops a full bucket, so that it was emptied shows here.
    assert any(re.search(r"sfnbatch\S+: [1-9]\d* objects are deleted", line) for line in said)
    assert inventory(Aws()) == []
