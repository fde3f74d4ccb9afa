"""A deployed stack serves one run after another and keeps nothing of the earlier ones."""

import pytest

from workbench.designs import Sfn, Sqs
from workbench.targets.local.world.deployment import Deployment
from workbench.targets.local.world.synth import assembly


@pytest.fixture(params=[Sqs, Sfn], ids=lambda design: design.name)
def deployment(request):
    design = request.param()
    made = Deployment(assembly(design), design.stack)
    yield made
    made.close()


def test_every_function_of_the_stack_has_its_handler(deployment):
    roles = sorted(spec.role for spec in deployment.functions)
    wanted = {
        "SqsBatchProcessing": ["batcher", "failures", "finalizer", "processor"],
        "SfnBatchProcessing": ["batcher", "processor", "summary"],
    }
    name = deployment.stack.outputs["BatcherName"].split("-")[0]
    assert roles == wanted[name]
    assert all(callable(handler) for handler in deployment.functions.values())


def test_reset_empties_whatever_holds_something(deployment):
    client, outputs = deployment.cloud.client, deployment.stack.outputs
    client("sqs").send_message(QueueUrl=outputs["NoticesQueueUrl"], MessageBody="left")
    if "StateTableName" in outputs:
        item = {"pk": {"S": "a"}, "sk": {"S": "b"}}
        client("dynamodb").put_item(TableName=outputs["StateTableName"], Item=item)
    else:
        client("s3").put_object(Bucket=outputs["BucketName"], Key="left", Body=b"x")
        client("s3").create_multipart_upload(Bucket=outputs["BucketName"], Key="half")
    client("cloudwatch").put_metric_data(
        Namespace="Ours", MetricData=[{"MetricName": "a", "Value": 1}]
    )
    deployment.reset(7)
    received = client("sqs").receive_message(QueueUrl=outputs["NoticesQueueUrl"])
    assert "Messages" not in received
    assert client("cloudwatch").list_metrics(Namespace="Ours")["Metrics"] == []
    if "StateTableName" in outputs:
        assert client("dynamodb").scan(TableName=outputs["StateTableName"])["Count"] == 0
    else:
        bucket = outputs["BucketName"]
        assert client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        assert "Uploads" not in client("s3").list_multipart_uploads(Bucket=bucket)
