"""What SQS, S3, SNS and CloudWatch bill for a handler's calls, and under which label."""

from workbench.platform.services import CLOUDWATCH, S3, SNS, SQS


def calling(toy, *calls):
    """Make calls in a handler: pairs of a client's method and its request."""

    def handler(event, context):
        for service, method, request in calls:
            getattr(toy.outside.client(service), method)(**request)

    toy.function(handler)
    toy.invoke({})
    toy.run()
    assert toy.reports.frame()["error"].tolist() == [None]


def usage(toy, *services):
    frame = toy.meter.frame()
    lines = frame[frame["service"].isin(services)]
    return {(r.usage_type, r.label): float(r.quantity) for r in lines.itertuples()}


def test_a_send_is_a_request_for_each_64_kilobytes_of_the_call(toy):
    toy.queue(MaximumMessageSize=1_048_576)
    url = toy.url()
    entry = {"MessageBody": "x" * 10_000}
    calling(
        toy,
        ("sqs", "send_message", {"QueueUrl": url, "MessageBody": "x" * 65_536}),
        ("sqs", "send_message", {"QueueUrl": url, "MessageBody": "x" * 65_537}),
        (
            "sqs",
            "send_message_batch",
            {"QueueUrl": url, "Entries": [{"Id": str(n)} | entry for n in range(10)]},
        ),
    )
    assert usage(toy, SQS) == {("Requests-Tier1", "knowing"): 1 + 2 + 2}


def test_objects_are_tiered_and_labelled_by_what_they_are_for(toy):
    toy.cloud.client("s3").create_bucket(Bucket="bucket")

    def place(key):
        return {"Bucket": "bucket", "Key": key}

    calling(
        toy,
        ("s3", "put_object", place("batches/b/items/000000.jsonl") | {"Body": b"x"}),
        ("s3", "get_object", place("batches/b/items/000000.jsonl")),
        ("s3", "put_object", place("batches/b/failed/a.jsonl") | {"Body": b"x"}),
        ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "results/b/"}),
        ("s3", "delete_object", place("batches/b/failed/a.jsonl")),
    )
    assert usage(toy, S3) == {
        ("Requests-Tier1", "dispatch"): 1,
        ("Requests-Tier2", "dispatch"): 1,
        ("Requests-Tier1", "knowing"): 2,
    }


def test_every_part_of_a_multipart_upload_is_a_request_and_aborting_is_free(toy):
    toy.cloud.client("s3").create_bucket(Bucket="bucket")
    s3, place = toy.outside.client("s3"), {"Bucket": "bucket", "Key": "batches/b/items/0"}

    def handler(event, context):
        upload = place | {"UploadId": s3.create_multipart_upload(**place)["UploadId"]}
        part = s3.upload_part(**upload, PartNumber=1, Body=b"x")
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        s3.complete_multipart_upload(**upload, MultipartUpload=parts)
        left = place | {"UploadId": s3.create_multipart_upload(**place)["UploadId"]}
        s3.abort_multipart_upload(**left)

    toy.function(handler)
    toy.invoke({})
    toy.run()
    assert usage(toy, S3) == {("Requests-Tier1", "dispatch"): 4}


def test_a_publish_is_a_request_for_each_64_kilobytes(toy):
    arn = toy.cloud.client("sns").create_topic(Name="topic")["TopicArn"]
    calling(
        toy,
        ("sns", "publish", {"TopicArn": arn, "Message": "done"}),
        ("sns", "publish", {"TopicArn": arn, "Message": "x" * 70_000}),
    )
    assert usage(toy, SNS) == {("Requests-Tier1", "knowing"): 3}


def test_put_metric_data_is_a_request_and_its_metrics_are_billed_by_the_hour(toy):
    datum = {"Dimensions": [{"Name": "design", "Value": "sqs"}], "Value": 1.0}
    put = {"Namespace": "Ours", "MetricData": [{"MetricName": name} | datum for name in "ab"]}
    calling(toy, ("cloudwatch", "put_metric_data", put), ("cloudwatch", "put_metric_data", put))
    toy.custom.bill(toy.meter)
    assert usage(toy, CLOUDWATCH) == {
        ("CW:Requests", "telemetry"): 2,
        ("CW:MetricMonitorUsage", "telemetry"): round(2 / 730, 15),
    }
    found = toy.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Ours",
        MetricName="a",
        Dimensions=datum["Dimensions"],
        StartTime="2026-01-01T00:30:00Z",
        EndTime="2026-01-01T00:31:00Z",
        Period=60,
        Statistics=["SampleCount"],
    )
    assert [point["SampleCount"] for point in found["Datapoints"]] == [2.0]
