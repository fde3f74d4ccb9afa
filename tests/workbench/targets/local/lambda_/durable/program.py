"""A durable handler that does what its event says: the same lines run here and on AWS's runner.

A program is a list of operations, each a list of its kind and what it needs; the handler returns
their results, of those that fail the error's type and text.
"""

from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import (
    CompletionConfig,
    Duration,
    MapConfig,
    NestingType,
    ParallelConfig,
    StepConfig,
    StepSemantics,
)
from aws_durable_execution_sdk_python.exceptions import DurableOperationError
from aws_durable_execution_sdk_python.retries import RetryDecision
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision

SECOND = Duration.from_seconds(1)


def run(context, program):
    """The results of a program's operations, one after the other."""
    return [one(context, *operation) for operation in program]


def one(context, kind, *given):
    """The result of one operation, or what it failed with."""
    try:
        return KINDS[kind](context, *given)
    except DurableOperationError as error:
        return [type(error).__name__, error.error_type, str(error)]


def step(context, value, failures, most, at_most_once=False):
    """A step that fails so often, with so many tries."""

    def work(step_context):
        if step_context.attempt <= failures:
            raise ValueError(f"try {step_context.attempt}")
        return value

    def again(error, attempt):
        return RetryDecision.retry(SECOND) if attempt < most else RetryDecision.no_retry()

    kinds = StepSemantics.AT_LEAST_ONCE_PER_RETRY, StepSemantics.AT_MOST_ONCE_PER_RETRY
    config = StepConfig(retry_strategy=again, step_semantics=kinds[at_most_once])
    return context.step(work, name=f"step {value}", config=config)


def poll(context, times):
    """How often a condition was looked at."""

    def later(seen, attempts):
        if seen < times:
            return WaitForConditionDecision.continue_waiting(SECOND)
        return WaitForConditionDecision.stop_polling()

    config = WaitForConditionConfig(wait_strategy=later, initial_state=0)
    return context.wait_for_condition(lambda seen, _: seen + 1, config, name="poll")


def wait(context, seconds):
    """Nothing, later."""
    context.wait(Duration.from_seconds(seconds))


def invoke(context, function, value):
    """What another function makes of a value."""
    return context.invoke(function, {"value": value}, name=f"{function} {value}")


def delegate(context, program):
    """What another execution returns."""
    return context.invoke("nested:$LATEST", {"program": program}, name="delegate")


def child(context, program):
    """A program in a context of its own."""
    return context.run_in_child_context(lambda inner: run(inner, program), name="child")


def over(context, at_once, flat, program, times):
    """The same program so many times, so many at a time."""
    config = MapConfig(
        max_concurrency=at_once,
        nesting_type=NestingType.FLAT if flat else NestingType.NESTED,
        completion_config=CompletionConfig.all_completed(),
    )
    results = context.map(
        list(range(times)), lambda inner, *_: run(inner, program), name="over", config=config
    )
    return results.get_results()


def beside(context, flat, programs):
    """Several programs side by side; one of them may fail as a whole."""
    config = ParallelConfig(
        nesting_type=NestingType.FLAT if flat else NestingType.NESTED,
        completion_config=CompletionConfig.all_completed(),
    )
    branches = [lambda inner, one=one: run(inner, one) for one in programs]
    return context.parallel(branches, name="beside", config=config).get_results()


def large(context, size, times):
    """Results that together are too large for a checkpoint: a replay makes them again."""
    config = MapConfig(completion_config=CompletionConfig.all_completed())
    results = context.map(
        list(range(times)),
        lambda inner, *_: inner.step(lambda _: "x" * size, name="part"),
        name="large",
        config=config,
    )
    return [len(one) for one in results.get_results()]


KINDS = {
    one.__name__: one for one in (step, wait, poll, invoke, delegate, child, over, beside, large)
}


@durable_execution
def handler(event, context):
    """Run the event's program."""
    return run(context, event["program"])
