"""What the server of the end-to-end tests cannot do, each by name: the one place that says so.

`FILLED` are gaps that our launcher (server.py) closes. `OPEN` stay different from AWS; a test that
meets one names it, and `lacks` tells the target which of its own roads to take.
"""

FILLED = {
    "item batches": "ItemBatcher is ignored by ministack 1.5.33",
    "table metrics": "there are no AWS/DynamoDB metrics",
    "queue metrics": "there are no AWS/SQS metrics",
    "topic metrics": "there are no AWS/SNS metrics",
    "function metrics": "invocations by event sources and state machines are not in AWS/Lambda",
    "log metrics": "there are no AWS/Logs metrics",
    "throttles": "a throttled task fails as Lambda.Unknown, which no retrier matches",
    "durable functions": "a stack's DurableConfig and dead letters are dropped",
    "durable names": "an execution takes no name: started twice it is there twice",
    "durable ends": "an asynchronous execution never ends, and what it invokes does not wake it",
    "durable segments": "a durable function that an execution invokes gets no execution of its own",
    "durable metrics": "there are no AWS/Lambda metrics of executions",
    "changed functions": "a change of a function's settings kills what it is working on",
}
OPEN = {
    "insights": "Logs Insights ignores filter and stats: the log lines are read one by one",
    "result writer": "ResultWriter is ignored: the summary finds no manifest and no FAILED files",
    "cold starts": "REPORT lines have no Init Duration: cold starts count as none",
    "empty receives": "its pollers' idle receives are not those of AWS, and are not counted",
    "large batches": "an event source takes 10 messages at the most, and knows no window",
    "map concurrency": "MaxConcurrencyPath is ignored: a map works up to 64 children at a time",
    "failed executions": "rules on FAILED and ABORTED executions do not fire",
    "redrive": "an execution that was stopped cannot be redriven",
    "machine timeouts": "no execution ever times out",
    "full buckets": "a bucket that is not empty is dropped: emptying it shows in our own count",
    "policies": "what a role or a queue's policy refuses is not refused",
    "cost explorer": "neither Cost Explorer nor Service Quotas answer",
}
LACKS = ",".join(name for name in ("insights",) if name in OPEN)
