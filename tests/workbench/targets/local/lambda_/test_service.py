"""The Lambda service: environments, limits, timeouts, billing."""

from decimal import Decimal

import pytest

from workbench.platform.services import LAMBDA
from workbench.targets.local.lambda_.functions import InvokeResult
from workbench.targets.local.runtime.faults import Faults, StartFault
from workbench.targets.local.runtime.tasks import current


def sleeping(toy, seconds=1.0):
    def handler(event, context):
        toy.outside.sleep(event.get("sleep", seconds) if event else seconds)
        return event

    return handler


def records(toy, *columns):
    return toy.reports.frame()[list(columns)].values.tolist()


def test_a_cold_start_comes_first_and_its_init_is_billed(toys):
    with toys(lambda_init=250, lambda_placing=50) as toy:
        toy.function(sleeping(toy), memory_mb=512)
        first = toy.invoke({})
        toy.kernel.at(5, lambda: toy.invoke({}))
        toy.run()
        assert first == [InvokeResult(None, "", {}, 0.3)]
        columns = ("start_s", "init_ms", "duration_ms", "billed_ms", "cold")
        assert records(toy, *columns) == [
            [0.3, 250.0, 1000.0, 1250, True],
            [5.0, 0.0, 1000.0, 1000, False],
        ]
        assert toy.meter.quantity(LAMBDA, "Request-ARM", "work") == 0
        gb_s = toy.meter.quantity(LAMBDA, "Lambda-GB-Second-ARM", "knowing")
        assert gb_s == Decimal("2.25") / 2


def test_the_bill_says_processor_and_x86(toy):
    toy.function(sleeping(toy, 0.0101), name="processor", arm=False)
    toy.invoke({}, "processor")
    toy.run()
    assert toy.meter.quantity(LAMBDA, "Request", "work") == 1
    assert toy.meter.quantity(LAMBDA, "Lambda-GB-Second", "work") == Decimal("0.011")


def test_the_environment_that_became_idle_last_is_taken_first(toy):
    seen = []

    def handler(event, context):
        seen.append((event["name"], current().life.environment.number))
        toy.outside.sleep(event["sleep"])

    toy.function(handler)
    toy.invoke({"name": "a", "sleep": 1})
    toy.invoke({"name": "b", "sleep": 2})
    toy.kernel.at(3, lambda: toy.invoke({"name": "c", "sleep": 1}))
    toy.run()
    assert seen == [("a", 1), ("b", 2), ("c", 2)]


def test_an_environment_is_reclaimed_after_it_was_idle_long_enough(toys):
    with toys(lambda_idle_s=100) as toy:
        toy.function(sleeping(toy))
        for at_s in (0, 101, 203):
            toy.kernel.at(at_s, lambda: toy.invoke({}))
        toy.run()
        assert records(toy, "cold") == [[True], [False], [True]]


def test_the_account_and_reserved_concurrency_throttle(toys):
    with toys(lambda_account_concurrency=2) as toy:
        toy.function(sleeping(toy))
        results = [toy.invoke({}) for _ in range(3)]
        toy.run()
        assert [one[0].error for one in results] == [
            None,
            None,
            "Lambda.TooManyRequestsException",
        ]
        reserved = toy.function(sleeping(toy), name="few", reserved=1)
        for _ in range(2):
            toy.invoke({}, "few")
        toy.run()
        assert (reserved.invocations, reserved.throttles, reserved.peak) == (1, 1, 1)
        assert toy.timeline.frame().query("metric == 'throttles'")["value"].max() == 2


def test_new_environments_are_limited_to_a_thousand_in_ten_seconds(toys):
    with toys(lambda_account_concurrency=5_000) as toy:
        function = toy.function(sleeping(toy, 100.0), timeout_s=900.0)
        for at_s in (0, 1):
            for _ in range(1_200 if at_s == 0 else 150):
                toy.kernel.at(at_s, lambda: toy.invoke({}))
        toy.run()
        assert (function.invocations, function.throttles) == (1_100, 250)


def test_a_timeout_kills_the_handler_bills_its_time_and_costs_its_environment(toy):
    went_on = []

    def handler(event, context):
        try:
            toy.outside.sleep(10)
        except Exception:
            went_on.append("caught")
        went_on.append("after")

    toy.function(handler, timeout_s=3.0)
    first = toy.invoke({})
    toy.kernel.at(4, lambda: toy.invoke({}))
    toy.run()
    assert went_on == []
    assert first[0].error == "Sandbox.Timedout"
    assert "Task timed out after 3.00 seconds" in first[0].cause
    assert records(toy, "duration_ms", "cold", "error") == [
        [3000.0, True, "Sandbox.Timedout"],
        [3000.0, True, "Sandbox.Timedout"],
    ]


def test_a_handler_that_raises_is_a_failed_invocation_with_its_name(toy):
    def handler(event, context):
        raise KeyError("missing")

    toy.function(handler)
    result = toy.invoke({})
    toy.run()
    assert (result[0].error, result[0].payload) == ("KeyError", None)
    assert '"errorMessage": "\'missing\'"' in result[0].cause
    assert records(toy, "error") == [["KeyError"]]
    assert toy.logs.lines[0][2].startswith("[ERROR] KeyError: 'missing'")


def test_an_answer_that_is_no_json_is_a_failed_invocation(toy):
    toy.function(lambda event, context: object())
    result = toy.invoke({})
    toy.run()
    assert (result[0].error, result[0].payload) == ("TypeError", None)


def test_exiting_fails_the_invocation_and_costs_the_environment(toy):
    def handler(event, context):
        raise SystemExit(1)

    toy.function(handler)
    result = toy.invoke({})
    toy.run()
    assert result[0].error == "Runtime.ExitError"
    toy.invoke({})
    toy.run()
    assert records(toy, "cold") == [[True], [True]]


def test_small_memory_slows_cpu_and_strands_share_it(toys):
    with toys(cpu_ms_per_invocation=10, cpu_ms_per_item=5) as toy:
        process = toy.outside.watched(lambda item, failing: toy.outside.sleep(0.1))

        class Item:
            id = "a"

        def handler(event, context):
            toy.outside.gather(lambda item: process(item, False), [Item] * 4, 4)

        toy.function(handler, slowness=2.0)
        toy.invoke({})
        toy.run()
        # 10 ms and four times 5 ms, twice as slow, and then the last one's sleep.
        assert records(toy, "duration_ms") == [[20.0 + 40.0 + 100.0]]


def test_the_context_tells_the_time_that_is_left(toy):
    seen = []

    def handler(event, context):
        toy.outside.sleep(1.5)
        seen.append((context.function_name, context.get_remaining_time_in_millis()))
        seen.append(len(context.aws_request_id))

    toy.function(handler, timeout_s=4.0)
    toy.invoke({})
    toy.run()
    assert seen == [("work", 2500), 36]


def test_step_functions_waits_for_no_way_that_its_own_gaps_have_in_them(toys):
    with toys(lambda_invoke=20) as toy:
        toy.function(sleeping(toy))
        answered = []
        arn = "arn:aws:lambda:us-east-1:123456789012:function:work"
        toy.service.call(arn, {}, lambda result: answered.append(toy.kernel.now))
        toy.run()
        assert answered == [pytest.approx(1.0)]


def test_a_fault_plan_can_fail_an_init_and_hang_a_handler(toys):
    class Plan(Faults):
        def starting(self, function, cold):
            return StartFault(init_fails=cold, hang_s=2.0)

    with toys(Plan(), lambda_init=300) as toy:
        toy.function(sleeping(toy))
        results = toy.invoke({})
        toy.run()
        assert (results[0].error, records(toy, "billed_ms")) == ("Lambda.Unknown", [[300]])


def test_log_lines_are_billed_and_error_lines_kept(toy):
    def handler(event, context):
        print("hello")

    toy.function(handler)
    toy.invoke({})
    toy.run()
    assert [line for _, _, line in toy.logs.lines] == ["hello"]
    before = toy.logs._bytes["work"]
    toy.logs.write("work", "x" * 74)
    assert toy.logs._bytes["work"] - before == 100
    assert 300 < before < 700  # INIT_START, START, END and REPORT lines


def test_metrics_have_awss_names(toy):
    toy.function(sleeping(toy))
    for _ in range(2):
        toy.invoke({})
    toy.run()
    toy.context.metrics.put(toy.cloud.client("cloudwatch"))
    found = statistics(toy, "AWS/Lambda", {"FunctionName": "work"})
    assert found == {
        ("Invocations", "Sum"): [2.0],
        ("Errors", "Sum"): [0.0],
        ("Duration", "Average"): [1000.0],
        ("ConcurrentExecutions", "Maximum"): [2.0],
    }


def statistics(toy, namespace, dimensions):
    """What CloudWatch answers, as our analysis will ask it."""
    wanted = [
        ("Invocations", "Sum"),
        ("Errors", "Sum"),
        ("Duration", "Average"),
        ("ConcurrentExecutions", "Maximum"),
    ]
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    queries = [
        {
            "Id": f"q{n}",
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": named},
                "Period": 60,
                "Stat": stat,
            },
        }
        for n, (metric, stat) in enumerate(wanted)
    ]
    answer = toy.cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries,
        StartTime="2026-01-01T00:30:00Z",
        EndTime="2026-01-01T00:35:00Z",
    )
    values = (result["Values"] for result in answer["MetricDataResults"])
    return dict(zip(wanted, values, strict=True))
