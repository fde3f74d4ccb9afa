"""Metrics by the minute, and the timeline."""

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.kernel import Kernel
from workbench.targets.local.cloudwatch.metrics import BINS, Metrics, Timeline, thin
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


def test_points_come_by_metric_and_time_and_the_last_of_an_instant_counts():
    kernel = Kernel()
    timeline = Timeline(kernel)
    timeline.note("b", 1)
    timeline.note("b", 2)
    kernel.at(3.0, lambda: (timeline.add("b", 5), timeline.add("a", 1)))
    kernel.run()
    assert timeline.frame().values.tolist() == [[3.0, "a", 1.0], [0.0, "b", 2.0], [3.0, "b", 7.0]]


def test_a_peak_within_one_instant_is_kept():
    timeline = Timeline(Kernel())
    for value in (1, 5, 2, 7, 3, 4):
        timeline.note("concurrency", value)
    assert timeline.frame()["value"].to_list() == [7.0, 4.0]


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5_000))
def test_thinning_keeps_the_peak_and_the_last_point_in_order(values):
    points = [(float(t), float(value)) for t, value in enumerate(values)]
    kept = thin(points)
    assert len(kept) <= 2 * BINS
    assert kept[-1] == points[-1]
    assert max(value for _, value in kept) == max(values)
    assert kept == sorted(kept)
    assert set(kept) <= set(points)


def test_a_long_run_does_not_grow_without_bound():
    kernel = Kernel()
    timeline = Timeline(kernel)
    for t in range(100_000):
        kernel.now = float(t)
        timeline.note("concurrency", t % 100)
    assert len(timeline._points["concurrency"]) <= 22_000
    assert len(timeline.frame()) <= 2_000
