"""AWS's metrics of the stack's parts are read in one call."""

from workbench.targets.aws.logs import Window, log_groups
from workbench.targets.aws.metrics import MetricReader


def test_sums_and_peaks_of_the_window_by_part(sqs):
    sqs.metric("AWS/SQS", "NumberOfMessagesSent", 3, QueueName="ItemQueue")
    sqs.metric("AWS/SQS", "NumberOfMessagesSent", 4, QueueName="PlanQueue")
    sqs.metric("AWS/Lambda", "ConcurrentExecutions", 9, FunctionName="Processor")
    session = sqs.session
    reader = MetricReader(session.aws, session.deployed, log_groups(session.aws, session.deployed))
    reading = reader.read(Window(sqs.clock.at - 60, sqs.clock.at + 60))
    assert reading.sum("ItemQueue", "NumberOfMessagesSent") == 3
    assert reading.sum("PlanQueue", "NumberOfMessagesSent") == 4
    assert reading.sum("PollQueue", "NumberOfMessagesSent") == 0
    assert reading.peak("processor", "ConcurrentExecutions") == 9
    assert reader.asked == 40
    later = reader.read(Window(sqs.clock.at + 600, sqs.clock.at + 700))
    assert set(later.sums().values()) == {0}


def test_sfn_is_asked_only_for_what_it_has(sfn):
    session = sfn.session
    reader = MetricReader(session.aws, session.deployed, log_groups(session.aws, session.deployed))
    reader.read(Window(sfn.clock.at - 60, sfn.clock.at + 60))
    assert reader.asked == 14
