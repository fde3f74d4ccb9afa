"""AWS's testing SDK runs the same handler, on real threads: the same results and operations."""

import json
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workbench.targets.local.lambda_.durable import program as real
from tests.workbench.targets.local.lambda_.durable.conftest import double, fails, result_of

testing = pytest.importorskip("aws_durable_execution_sdk_python_testing")
COMPARED = "Id Type Status SubType Name ParentId".split()
DETAILS = "StepDetails ContextDetails ChainedInvokeDetails".split()
HINT = " Register it with register_durable_function or register_function."

small = st.integers(0, 9)
leaves = st.one_of(
    st.tuples(st.just("step"), small, st.integers(0, 2), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("poll"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.integers(1, 100)),
    st.tuples(
        st.just("invoke"), st.sampled_from(["double", "double:1", "fails", "nowhere"]), small
    ),
)
sequences = st.lists(leaves, min_size=1, max_size=3)
operations = st.one_of(
    leaves,
    st.tuples(st.sampled_from(["child", "delegate"]), sequences),
    st.tuples(st.just("over"), st.integers(1, 3), st.booleans(), sequences, st.integers(0, 4)),
    st.tuples(st.just("beside"), st.booleans(), st.lists(sequences, min_size=1, max_size=3)),
    st.tuples(st.just("large"), st.sampled_from([10, 100_000]), st.integers(1, 4)),
)
programs = st.lists(operations, min_size=1, max_size=3)


@pytest.fixture(autouse=True)
def quiet():
    """Errors that the programs ask for are in no log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def on_aws_runner(program):
    """Status, result and operations of a program on AWS's runner."""
    with testing.DurableFunctionTestRunner(real.handler, poll_interval=0.01) as runner:
        runner.register_function("double", double)
        runner.register_function("fails", fails)
        runner.register_durable_function("nested", real.handler)
        arn = runner.run_async(json.dumps({"program": program}), execution_timeout=3600)
        found = runner.wait_for_result(arn, timeout=60)
        operations = runner._store.load(arn).operations
    result = json.loads(found.result.replace(HINT, "")) if found.result else found.error
    return found.execution_status.value, result, [plain(one.to_dict()) for one in operations[1:]]


def plain(value):
    """An answer without the hint that the runner adds to what it does not know."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value.replace(HINT, "") if isinstance(value, str) else value


def comparable(operation):
    """What of an operation does not depend on how long things take."""
    made = {name: operation[name] for name in COMPARED if operation.get(name)}
    for details in DETAILS:
        known = operation.get(details) or {}
        kept = {name: value for name, value in known.items() if value not in (None, False)}
        if "Error" in kept:
            kept["Error"] = {n: v for n, v in kept["Error"].items() if n != "StackTrace"}
        kept.pop("NextAttemptTimestamp", None)
        made |= {details: kept} if kept else {}
    return made


def by_end(operations):
    """Ids in the order in which operations ended."""
    return [one["Id"] for one in sorted(operations, key=lambda one: one["EndTimestamp"])]


def cases(most):
    """So many programs; a case takes the runner about a second."""
    unshared = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    chosen = settings(max_examples=most, deadline=None, suppress_health_check=unshared)
    return lambda test: chosen(given(programs)(test))


@cases(10)
def test_a_program_has_the_same_results_and_operations(durable, program):
    agrees(durable, program)


@pytest.mark.slow
@cases(200)
def test_many_programs_have_the_same_results_and_operations(durable, program):
    agrees(durable, program)


def agrees(durable, program):
    """Hold an execution here to the one on AWS's runner."""
    execution = durable.finished({"program": program})
    status, result, operations = on_aws_runner(program)
    ours = list(execution.operations.values())[1:]
    assert result_of(execution) == (status, result)
    assert {one["Id"]: comparable(one) for one in ours} == {
        one["Id"]: comparable(one) for one in operations
    }
    if not any(kind in ("over", "beside", "large") for kind, *_ in program):
        assert [one["Id"] for one in ours] == [one["Id"] for one in operations]
        assert by_end(ours) == by_end(operations)
