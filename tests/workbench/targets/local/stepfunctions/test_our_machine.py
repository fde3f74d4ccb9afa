"""The state machine that the CDK app synthesises, with stand-ins for its functions."""

import json

import pytest

from workbench.designs import make_design
from workbench.targets.local.world.stack import Stack
from workbench.targets.local.world.synth import assembly

BATCH = {
    "owner": True,
    "batch_id": "b-7",
    "items": 250,
    "seed": 7,
    "knobs": {},
    "segments": [0, 1, 2],
    "prefix": "batches/b-7/items/",
    "results": "results/b-7/",
    "items_per_child": 100,
    "max_concurrency": 2,
}


@pytest.fixture(scope="module")
def definition():
    folder = assembly(make_design("sfn"))
    template = json.loads((folder / "SfnBatchProcessing.template.json").read_text())
    names = {
        logical_id: "arn:aws:sns:us-east-1:123456789012:notices"
        if "Topic" in logical_id
        else "data"
        for logical_id in template["Resources"]
    }
    (machine,) = Stack(template, names).of_type("AWS::StepFunctions::StateMachine")
    return json.loads(machine.properties["DefinitionString"])


@pytest.fixture
def play(aws, definition, bucket, topic):
    """Run the machine with answers for its actions; gives the end, and the notices published."""

    def write(event):
        first = event["segment"] * 100
        rows = range(first, min(first + 100, BATCH["items"]))
        bucket(f"{BATCH['prefix']}{event['segment']:06}.jsonl", [[str(i), 1] for i in rows])
        return {}

    def play(**answers):
        usual = {"start": lambda e: BATCH, "segment": write, "summary": lambda e: {"k": 1}}
        answers = usual | {"items": done} | answers

        def work(event):
            action = event.get("action") or ("summary" if "entered_at" in event else "items")
            return 1, answers[action](event)

        aws.work, aws.function = work, None
        ended = aws.run(definition, {"batch_id": "b-7", "items": 250})
        return ended, [json.loads(text) for text in topic[1]()]

    return play


def done(event):
    return {"done": len(event["Items"])}


def test_a_batch_goes_through_and_each_unit_is_counted(play, aws):
    ended, notices = play()
    assert (ended.status, ended.error) == ("SUCCEEDED", None)
    assert notices == [{"k": 1}]
    worked = [event for _, event in aws.calls if "Items" in event]
    assert [len(event["Items"]) for event in worked] == [100, 100, 50]
    assert all(event["BatchInput"] == {"batch_id": "b-7", "knobs": {}} for event in worked)
    # Start, Owner?, CreateItems, three segments, Process, three children; then what is known
    usage = aws.usage()
    usage.pop(("sfn", "StepFunctions-GB-Second", "dispatch"))
    assert usage == {
        ("sfn", "StateTransition", "dispatch"): 10,
        ("sfn", "StateTransition", "knowing"): 3,
        ("sfn", "StepFunctions-Request", "dispatch"): 3,
        ("s3", "Requests-Tier1", "dispatch"): 1,
        ("s3", "Requests-Tier2", "dispatch"): 3,
        ("s3", "Requests-Tier1", "knowing"): 2,
        ("sns", "Requests-Tier1", "knowing"): 1,
    }


def test_a_trigger_that_is_not_the_owner_ends_at_once(play, aws):
    ended, notices = play(start=lambda event: BATCH | {"owner": False})
    assert (ended.status, notices, len(aws.calls)) == ("SUCCEEDED", [], 1)


def test_failed_children_are_tolerated_and_listed(play, aws, kit):
    def work(event):
        if event["Items"][0][0] == "100":
            raise kit.Fails("ValueError", "poison")
        return done(event)

    ended, _ = play(items=work)
    assert ended.status == "SUCCEEDED"
    assert +aws.machines[0].map_runs[0].children == {"SUCCEEDED": 2, "FAILED": 1}


def test_a_batcher_that_fails_for_good_is_told(play, kit):
    def refuse(event):
        raise kit.Fails("ValueError", "no")

    ended, notices = play(segment=refuse)
    assert (ended.status, ended.error) == ("FAILED", "BatchFailed")
    assert [(n["batch_id"], n["status"]) for n in notices] == [("b-7", "failed")]
    (notice,) = notices
    assert json.loads(notice["reason"]) == {"Error": "ValueError", "Cause": "no"}
