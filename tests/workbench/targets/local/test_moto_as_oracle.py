"""moto judges whole runs: every call that handlers make is made again on it, through boto3.

So botocore checks the parameters of each call, and DynamoDB's answers are held equal one by one.
"""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from workbench.designs import DESIGNS
from workbench.runs.batch import Batch
from workbench.targets.local.target import LocalTarget
from workbench.targets.local.world.stack import REGION

RUNS = [
    ("sqs", {"poison_per_million": 20_000}),
    ("sqs", {"claim": True, "items_per_message": 7, "poison_per_million": 20_000}),
    ("sqs", {"track": "message", "items_per_message": 20}),
    ("sqs", {"write_batch_size": 1, "send_batch_size": 1, "items_per_message": 1}),
    ("counters", {"items_per_message": 10, "poison_per_million": 20_000}),
]
ANSWERS = ("Item", "Attributes", "Items", "LastEvaluatedKey", "UnprocessedItems", "MessageId")


def calls_of(name, knobs):
    """Every DynamoDB and SQS call of a run of 150 items, with its answer or its error's code."""
    noted = []
    with LocalTarget() as target:
        world = target.prepare(DESIGNS[name](**knobs), 7)
        cloud = world.deployment.cloud
        cloud.on_call = lambda *call: noted.append(call)
        folder = target.run(DESIGNS[name](**knobs), Batch(150, 7, "b-1"), lambda _: None)
        assert folder.run.status == "complete"
        tables = [one.physical_id for one in world.deployment.stack.of_type("AWS::DynamoDB::Table")]
        queues = [queue.name for queue in cloud.queues]
    return noted, tables, queues


def shown(answer):
    """What handlers read of an answer; ids are each side's own."""
    responses = answer.get("Responses", {})
    found = {name: answer[name] for name in ANSWERS if answer.get(name)}
    found |= {"MessageId": True} if "MessageId" in found else {}
    found |= {"Successful": [one["Id"] for one in answer.get("Successful", [])]}
    by_key = [sorted(some, key=lambda one: str(one["sk"])) for some in responses.values()]
    found |= {"Responses": by_key}
    return in_order(found)


def in_order(value):
    """An answer with its sets of numbers, which have no order, in one."""
    if isinstance(value, list):
        return [in_order(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: sorted(one) if name == "NS" else in_order(one) for name, one in value.items()}


def client(service):
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, region_name=REGION, **keys)


def make(tables, queues):
    dynamodb, sqs = client("dynamodb"), client("sqs")
    for name in tables:
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": one, "AttributeType": "S"} for one in ("pk", "sk")
            ],
        )
    for name in queues:
        sqs.create_queue(QueueName=name)
    return {"dynamodb": dynamodb, "sqs": sqs}


def answer_of(client, operation, request):
    method = {api: name for name, api in client.meta.method_to_api_mapping.items()}[operation]
    try:
        return shown(getattr(client, method)(**request)), ""
    except ClientError as error:
        return shown({}), error.response["Error"]["Code"]


@pytest.mark.parametrize(("name", "knobs"), RUNS, ids=lambda one: str(one))
def test_every_call_of_a_run_is_answered_by_moto_as_it_was(name, knobs):
    noted, tables, queues = calls_of(name, knobs)
    judged = {"dynamodb": 0, "sqs": 0}
    with mock_aws():
        clients = make(tables, queues)
        for service, operation, request, response, code in noted:
            if service not in clients or operation == "ChangeMessageVisibility":
                continue  # a receipt is each side's own
            found = answer_of(clients[service], operation, request)
            assert found == (shown(response), code), (operation, request)
            judged[service] += 1
    assert judged["dynamodb"] > 20
    assert judged["sqs"] >= 4
