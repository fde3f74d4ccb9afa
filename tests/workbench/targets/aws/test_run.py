"""One run, whose token expires at any point: its order goes on with the same batch."""

import pytest

from tests.e2e.proxy import EXPIRED, Delay, Late, Rule
from tests.workbench.targets.aws.test_target import ready
from workbench.errors import WorkbenchError
from workbench.runs.records import read_run
from workbench.runs.runner import RunRequest, run_request
from workbench.stacks.ledger import Ledger
from workbench.targets.aws.timeouts import Timeouts

ORDER = RunRequest("sqs", "aws", 100, 7, settings={"memory_mb": 256})
PATIENT = Timeouts(settings_s=5, visibility_s=0, look_s=0, look_max_s=0, notification_s=0)
CALLS = 70  # about as many as a run makes


def attempt(world, run_id):
    """The run of an order, or the one line that refused it."""
    try:
        path = run_request(ORDER, world.results, lambda now: None, run_id, world.target())
    except WorkbenchError as error:
        return str(error)
    return read_run(path)


@pytest.mark.slow
@pytest.mark.parametrize("after", range(0, CALLS, 4))
def test_a_token_that_expires_at_any_call_costs_no_batch_and_no_setting(sqs, proxy, after):
    ready(sqs)
    before = sqs.session.settings().read()
    proxy.rules, proxy.made = [Rule("*", EXPIRED, after=after)], []
    first = attempt(sqs, "b-1")
    allowed = proxy.made[:after].count("lambda.Invoke")
    proxy.rules, proxy.made = [], []
    if isinstance(first, str) or first.status != "complete":
        reason = first if isinstance(first, str) else first.reason
        assert "the credentials have expired" in reason
        assert ".." not in reason
        if isinstance(first, str):  # refused before anything happened
            assert Ledger(sqs.results).entries() == []
        if not allowed:  # it begins only now
            ready(sqs)
        second = attempt(sqs, "b-1" if isinstance(first, str) else "b-2")
        assert (second.reason, second.batch_id, second.items_processed) == ("", "b-1", 100)
        assert allowed + proxy.made.count("lambda.Invoke") == 1
    else:  # it expired as settings were put back: the next deployment or run does it
        with sqs.session.held(sqs.design):
            pass
    assert sqs.session.settings().read() == before


def test_slow_answers_and_late_lines_change_nothing_of_a_run(sqs, proxy):
    ready(sqs)
    proxy.now = lambda: sqs.clock.at
    proxy.rules = [
        Rule("*", Delay(0.05), share=0.1),
        Rule("logs.*", Late(300)),
        Rule("monitoring.*", Late(200)),
    ]
    path = run_request(
        RunRequest("sqs", "aws", 100, 7),
        sqs.results,
        lambda now: None,
        "b-1",
        sqs.target(timeouts=PATIENT),
    )
    run = read_run(path)
    assert (run.status, run.reason, run.items_processed) == ("complete", "", 100)
