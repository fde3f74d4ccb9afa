"""Statistics by the minute, put into CloudWatch under virtual time."""

from workbench.engine.kernel import Kernel
from workbench.targets.local.cloudwatch.metrics import Metrics
from workbench.targets.local.world.context import EPOCH_S


def test_values_are_put_by_the_minute_and_read_back(toy):
    kernel = Kernel()
    metrics = Metrics(kernel, EPOCH_S)
    for at_s, value in ((0, 1.0), (30, 5.0), (60, 3.0)):
        kernel.now = at_s
        metrics.add("AWS/SQS", "Things", {"QueueName": "a"}, value)
    metrics.add_at(0.0, ("AWS/SQS", "Things", (("QueueName", "b"),)), 100.0)
    metrics.put(toy.cloud.client("cloudwatch"))
    found = toy.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="Things",
        Dimensions=[{"Name": "QueueName", "Value": "a"}],
        StartTime="2026-01-01T00:30:00Z",
        EndTime="2026-01-01T00:32:00Z",
        Period=60,
        Statistics=["Sum", "Average", "Minimum", "Maximum", "SampleCount"],
    )
    names = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")
    points = sorted(found["Datapoints"], key=lambda point: point["Timestamp"])
    assert [[point[name] for name in names] for point in points] == [
        [6.0, 3.0, 1.0, 5.0, 2.0],
        [3.0, 3.0, 3.0, 3.0, 1.0],
    ]
