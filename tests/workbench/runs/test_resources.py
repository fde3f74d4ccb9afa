"""A usage table by resource adds up to the table, whatever its pieces lost by rounding."""

from decimal import Decimal

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.designs import DESIGNS
from workbench.runs.records import RESOURCE_COLUMNS, USAGE_COLUMNS
from workbench.runs.resources import by_resource, roles

REQUESTS = ("Amazon Simple Queue Service", "Requests-Tier1", "Requests", "dispatch")
READS = ("Amazon DynamoDB", "ReadRequestUnits", "ReadRequestUnits", "measuring")

BUSY = [HealthCheck.too_slow]  # the clock of a machine that others use says nothing


def usage(*rows):
    return pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})


def rows(frame):
    return list(frame.itertuples(index=False, name=None))


def test_a_line_is_shared_by_its_resources_and_looking_at_a_batch_is_nobodys():
    pieces = [
        ("plan_queue", *REQUESTS, 2),
        ("item_queue", *REQUESTS, Decimal(5)),
        ("plan_queue", *REQUESTS, 1),
        ("table", *READS, Decimal(7)),
    ]
    found = by_resource(usage((*REQUESTS, Decimal(8)), (*READS, Decimal(7))), pieces)
    assert list(found.columns) == RESOURCE_COLUMNS
    assert rows(found) == [
        ("item_queue", *REQUESTS, Decimal(5)),
        ("plan_queue", *REQUESTS, Decimal(3)),
    ]


def test_what_no_piece_tells_of_has_no_resource():
    assert rows(by_resource(usage((*REQUESTS, Decimal(8))), [])) == [("", *REQUESTS, Decimal(8))]


@settings(deadline=None, suppress_health_check=BUSY)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 10**12), st.integers(1, 730)),
        min_size=1,
        max_size=20,
    )
)
def test_pieces_that_are_no_whole_steps_still_add_up_and_none_is_negative(drawn):
    pieces = [(name, *REQUESTS, Decimal(part) / whole) for name, part, whole in drawn]
    total = round(sum(amount for *_, amount in pieces), 14)
    found = by_resource(usage((*REQUESTS, total)), pieces)
    assert sum(found["quantity"]) == total
    assert all(amount > 0 for amount in found["quantity"])


def test_roles_are_found_by_what_aws_calls_the_parts():
    parts = DESIGNS["sfn"].parts
    outputs = {"BucketName": "b-1", "StateMachineArn": "arn:machine", "ProcessorName": "p-1"}
    found = roles(parts, outputs)
    assert found == {"b-1": "bucket", "arn:machine": "machine", "p-1": "processor"}
    urls = {"ItemQueueUrl": "https://sqs.us-east-1.amazonaws.com/1/i-1"}
    assert roles(DESIGNS["sqs"].parts, urls) == {"i-1": "item_queue"}
